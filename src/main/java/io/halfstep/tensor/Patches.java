package io.halfstep.tensor;

/**
 * Sees a layer as a matrix product. For each group of the layer, the input of one <em>position</em>
 * (one output pixel of one sample of a convolution; one row of a matrix product) is a column {@code
 * x} of {@code k()} reals, and the layer's output there is {@code W x} with {@code W} of shape
 * {@code [out/groups, k]}: the im2col of [A] §3.
 */
public interface Patches {
  /** The number of groups; each has its own columns. */
  int groups();

  /** The length of a column: {@code in/groups · kH · kW} for a convolution. */
  int k();

  /** The number of positions of an input of this shape, over all its samples. */
  int positions(long[] inputShape);

  /**
   * The same with fewer positions: where a sample has many more than {@code perSample}, about so
   * many of them, spread over the sample and chosen at random, by the sample's number alone.
   */
  default Patches thinned(int perSample) {
    return this;
  }

  /**
   * The same for inputs that begin with this sample of a stream; it decides which positions a
   * {@link #thinned} one keeps.
   */
  default Patches from(long firstSample) {
    return this;
  }

  /**
   * Writes the columns of positions {@code [from, from + count)} as a matrix {@code [k, count]},
   * row-major, to {@code to[0 .. k·count)}. Positions are numbered sample by sample, row-major
   * within a sample's output. What lies in the padding is 0.
   */
  void extract(float[] input, long[] inputShape, int group, int from, int count, float[] to);
}
