package io.halfstep.export;

import io.halfstep.graph.StageGraph;
import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.Target;

/** The sizes of quantized weights in the file. */
public final class StoredSize {
  private final WeightStorage storage;

  private StoredSize(WeightStorage storage) {
    this.storage = storage;
  }

  /** Returns the sizes in the quantized model of a network. */
  public static StoredSize in(StageGraph graph, Target target) {
    return new StoredSize(WeightStorage.of(graph, target));
  }

  /**
   * Returns the bytes of the integers, the scales and the zero points.
   *
   * @param weights the number of weights
   * @param scales the number of scales, each with a zero point
   */
  public long of(long weights, long scales, Grid grid) {
    return storage.bytes(grid, weights) + parameters(scales, grid);
  }

  /** Returns the bytes of the integers, the scales, and the zero points or the codebook. */
  public long of(QuantizedWeight weight) {
    Encoding encoding = weight.encoding();
    Codebook codebook = encoding.codebook();
    long integers =
        codebook == null
            ? storage.bytes(encoding.grid(), weight.size())
            : LevelPacking.of(codebook.size()).bytes(QdqCodebooks.indices(weight).length);
    return integers + parameters(encoding);
  }

  /**
   * Returns the bytes if the integers were Huffman coded (Deep Compression, Han et al. 2016), with
   * a byte for the code length of each level. Files don't store them so.
   */
  public long huffman(QuantizedWeight weight) {
    Grid grid = weight.encoding().grid();
    long[] counts = new long[grid.steps() + 1];
    for (int index : QdqCodebooks.indices(weight)) {
      counts[index - grid.lowest()]++;
    }
    long integers = (HuffmanCode.bits(counts) + 7) / 8;
    return integers + counts.length + parameters(weight.encoding());
  }

  private long parameters(Encoding encoding) {
    int scales = encoding.scales().length;
    Codebook codebook = encoding.codebook();
    if (codebook == null) {
      return parameters(scales, encoding.grid());
    }
    int stored = codebook.values().length + (QdqCodebooks.hasScales(encoding) ? scales : 0);
    return (long) stored * Float.BYTES;
  }

  private long parameters(long scales, Grid grid) {
    return scales * Float.BYTES + storage.type(grid).bytes(scales);
  }
}
