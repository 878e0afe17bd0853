package io.halfstep.statistics;

import io.halfstep.statistics.SampleReservoir.Sample;
import io.halfstep.tensor.Tensor;
import java.util.List;

/** A uniform random draw of rows along the first axis, bounded in bytes. */
public final class SampledRows implements SampleStatistics {
  private final SampleReservoir reservoir;
  private long seen;

  /**
   * Creates an empty draw.
   *
   * @param capacity the largest total size of stored rows, in bytes
   * @param seed determines the draw
   */
  public SampledRows(long capacity, long seed) {
    this(new SampleReservoir(capacity, seed), 0);
  }

  /**
   * Restores a draw.
   *
   * @param seen the number of rows offered so far
   */
  public SampledRows(SampleReservoir reservoir, long seen) {
    this.reservoir = reservoir;
    this.seen = seen;
  }

  @Override
  public void add(Tensor x, int samples) {
    if (x.rank() > 0) {
      reservoir.add(seen, x, x);
      seen += x.dim(0);
    }
  }

  /** Returns the stored rows in stream order, each with a first dimension of 1. */
  public List<Tensor> rows() {
    return reservoir.samples().stream().map(Sample::teacher).toList();
  }

  /** Returns where the rows are stored. */
  public SampleReservoir reservoir() {
    return reservoir;
  }

  /** Returns the number of rows offered so far. */
  public long seen() {
    return seen;
  }
}
