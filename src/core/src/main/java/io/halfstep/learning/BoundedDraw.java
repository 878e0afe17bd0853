package io.halfstep.learning;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * A uniform random draw without replacement from a stream of any length, bounded in bytes: each
 * element has a random priority, and those of the lowest are kept (a bottom-k sample, Cohen and
 * Kaplan 2007). It depends on the seed and the elements' places and sizes alone.
 */
final class BoundedDraw<T> {
  private record Drawn<T>(T element, long bytes, long priority, int place) {}

  private static final Comparator<Drawn<?>> BY_PRIORITY =
      Comparator.<Drawn<?>>comparingLong(Drawn::priority).thenComparingInt(Drawn::place);

  private final long limit;
  private final SplittableRandom priorities;
  private final PriorityQueue<Drawn<T>> drawn = new PriorityQueue<>(BY_PRIORITY.reversed());
  private long bytes;
  private int seen;

  /** The lowest priority that was dropped. All above are, so that no small element has luck. */
  private long dropped = Long.MAX_VALUE;

  /**
   * @param limit the largest total size of what is kept; one element is always
   */
  BoundedDraw(long limit, long seed) {
    this.limit = limit;
    this.priorities = new SplittableRandom(seed);
  }

  /**
   * Offers the next element.
   *
   * @param element made only if it is drawn
   */
  void add(long size, Supplier<T> element) {
    long priority = priorities.nextLong();
    int place = seen++;
    if (priority < dropped) {
      drawn.add(new Drawn<>(element.get(), size, priority, place));
      bytes += size;
    }
    while (bytes > limit && drawn.size() > 1) {
      Drawn<T> last = drawn.remove();
      bytes -= last.bytes();
      dropped = last.priority();
    }
  }

  /** Returns what is drawn, in the order of the stream. */
  List<T> elements() {
    return drawn.stream()
        .sorted(Comparator.comparingInt(Drawn::place))
        .map(Drawn::element)
        .toList();
  }
}
