package io.halfstep.export;

import java.util.Arrays;
import java.util.PriorityQueue;

/** A prefix code of least length (D. A. Huffman 1952). */
final class HuffmanCode {
  private HuffmanCode() {}

  /**
   * Returns the bits of a text. Two trees that are joined have one more bit for each of their
   * symbols; so the text has as many bits as all joined trees have symbols.
   *
   * @param counts how often each symbol is in the text; those that are never don't matter
   */
  static long bits(long[] counts) {
    PriorityQueue<Long> trees = new PriorityQueue<>();
    Arrays.stream(counts).filter(count -> count > 0).forEach(trees::add);
    if (trees.size() == 1) {
      return trees.remove(); // one bit each
    }
    long bits = 0;
    while (trees.size() > 1) {
      long joined = trees.remove() + trees.remove();
      bits += joined;
      trees.add(joined);
    }
    return bits;
  }
}
