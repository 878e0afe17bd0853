package io.halfstep.export;

import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.Target;

/** The size of a quantized weight in the file. */
public final class StoredSize {
  private StoredSize() {}

  /**
   * Returns the bytes of the integers, the scales and the zero points.
   *
   * @param weights the number of weights
   * @param scales the number of scales, each with a zero point
   */
  public static long of(long weights, long scales, Grid grid, Target target) {
    return StorageType.ofWeight(grid, target).bytes(weights) + parameters(scales, grid, target);
  }

  /** Returns the bytes of the integers, the scales, and the zero points or the codebook. */
  public static long of(QuantizedWeight weight, Target target) {
    Encoding encoding = weight.encoding();
    Codebook codebook = encoding.codebook();
    long integers =
        codebook == null
            ? StorageType.ofWeight(encoding.grid(), target).bytes(weight.size())
            : LevelPacking.of(codebook.size()).bytes(QdqCodebooks.indices(weight).length);
    return integers + parameters(encoding, target);
  }

  /**
   * Returns the bytes if the integers were Huffman coded (Deep Compression, Han et al. 2016), with
   * a byte for the code length of each level. Files don't store them so.
   */
  public static long huffman(QuantizedWeight weight, Target target) {
    Grid grid = weight.encoding().grid();
    long[] counts = new long[grid.steps() + 1];
    for (int index : QdqCodebooks.indices(weight)) {
      counts[index - grid.lowest()]++;
    }
    long integers = (HuffmanCode.bits(counts) + 7) / 8;
    return integers + counts.length + parameters(weight.encoding(), target);
  }

  private static long parameters(Encoding encoding, Target target) {
    int scales = encoding.scales().length;
    Codebook codebook = encoding.codebook();
    if (codebook == null) {
      return parameters(scales, encoding.grid(), target);
    }
    int stored = codebook.values().length + (QdqCodebooks.hasScales(encoding) ? scales : 0);
    return (long) stored * Float.BYTES;
  }

  private static long parameters(long scales, Grid grid, Target target) {
    return scales * Float.BYTES + StorageType.ofWeight(grid, target).bytes(scales);
  }
}
