package io.halfstep.tensor;

/**
 * A layer as a matrix product. For each group of the layer, the input of one <em>position</em> (one
 * output pixel of one sample of a convolution; one row of a matrix product) is a column {@code x}
 * of {@code k()} reals, and the layer's output there is {@code W x} with {@code W} of shape {@code
 * [out/groups, k]}: the im2col of [A] §3.
 */
public interface Patches {
  /** Returns the number of groups; each has its own columns. */
  int groups();

  /** Returns the length of a column: {@code in/groups · kH · kW} for a convolution. */
  int k();

  /**
   * Returns whether the first axis of an input with several axes counts samples: it is neither
   * summed over nor does it tell the group.
   *
   * @param rank the number of the input's axes
   */
  boolean keepsFirstAxis(int rank);

  /**
   * Returns whether a column may have zeros in the place of inputs: of a convolution with padding,
   * and of any transposed one.
   */
  default boolean hasZeros() {
    return false;
  }

  /**
   * Returns patches with fewer positions: of a sample with many more than {@code perSample}
   * positions, about that many are kept, spread over the sample and chosen pseudo-randomly by the
   * sample's number alone.
   */
  default Patches thinned(int perSample) {
    return this;
  }

  /**
   * Returns the columns of an input of this shape.
   *
   * @param firstSample the number of the input's first sample in the stream; it determines which
   *     positions a {@link #thinned} one keeps
   */
  Columns columns(long[] inputShape, long firstSample);

  /** Returns the columns of an input of this shape at the begin of a stream. */
  default Columns columns(long[] inputShape) {
    return columns(inputShape, 0);
  }

  /** The columns of all groups, one below the other: a matrix {@code [groups · k, positions]}. */
  interface Columns {
    /** Returns the number of positions, over all samples of the input. */
    int positions();

    /**
     * Writes rows {@code [row, row + rows)} of positions {@code [from, from + count)} as a matrix
     * {@code [rows, count]}, row-major, to {@code to[0 .. rows·count)}. Positions are numbered
     * sample by sample, row-major within a sample's output. Elements in the padding are 0. Calls
     * may run in parallel.
     */
    void extract(float[] input, int row, int rows, int from, int count, float[] to);
  }
}
