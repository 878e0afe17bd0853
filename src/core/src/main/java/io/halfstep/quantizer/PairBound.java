package io.halfstep.quantizer;

/**
 * The bound for int8 weights under kernels that add two products with a uint8 in 16 bits, which
 * saturate: x86 without VNNI (VPMADDUBSW). Since {@code 255·128 < 2^15}, {@code |w₁| + |w₂| ≤ 128}
 * suffices for each pair of neighbours. Kernels go through the channels of one position after
 * another; a row in the order of ONNX has the positions of one channel after another.
 *
 * <p>So that solvers can choose weights one by one, each has a limit of its own: half of the 128
 * steps, and half of what it is greater than its neighbour,
 *
 * <pre>  |q| ≤ ⌊64 + (|w| − |w'|) / 2s⌋. </pre>
 *
 * The limits of a pair add up to 128 at most. With {@link #leastScales}, they admit the integers
 * nearest to the weights.
 */
public final class PairBound {
  private static final int STEPS = 128;

  /** Rounding to nearest may add half a step to each; a little less, for errors of floats. */
  private static final float STEPS_BEFORE_ROUNDING = STEPS - 1.01f;

  private final float[] leads; // (|w| − |w'|) / 2
  private final float[] leastScales;

  private PairBound(float[] leads, float[] leastScales) {
    this.leads = leads;
    this.leastScales = leastScales;
  }

  /** Returns whether kernels add pairs; those of depthwise convolutions add in 32 bits. */
  public static boolean isFor(int channels, int rowsPerGroup) {
    return channels > 1 || rowsPerGroup > 1;
  }

  /**
   * Returns the bound of a weight {@code [out, K]}.
   *
   * @param channels of the input that a row reads; K is a multiple
   */
  public static PairBound of(float[] rows, int k, int channels) {
    float[] leads = new float[rows.length];
    float[] least = new float[rows.length / k];
    for (int i = 0; i < rows.length; i++) {
      int neighbour = neighbour(i % k, k, channels);
      float own = Math.abs(rows[i]);
      float other = neighbour < 0 ? 0 : Math.abs(rows[i - i % k + neighbour]);
      leads[i] = (own - other) / 2;
      least[i / k] = Math.max(least[i / k], (own + other) / STEPS_BEFORE_ROUNDING);
    }
    return new PairBound(leads, least);
  }

  /** Returns whether a pair of integers {@code [out, K]} is beyond the bound. */
  public static boolean isBroken(float[] rows, int k, int channels) {
    for (int i = 0; i < rows.length; i++) {
      int neighbour = neighbour(i % k, k, channels);
      float other = neighbour < 0 ? 0 : Math.abs(rows[i - i % k + neighbour]);
      if (Math.abs(rows[i]) + other > STEPS) {
        return true;
      }
    }
    return false;
  }

  /** Returns the column that a kernel adds to a column; −1 for the last one of an odd number. */
  private static int neighbour(int column, int k, int channels) {
    int positions = k / channels;
    int place = column % positions * channels + column / positions;
    int other = place ^ 1;
    return other < k ? other % channels * positions + other / channels : -1;
  }

  /** Returns the least scale of each row with which the nearest integers are within the bound. */
  public float[] leastScales() {
    return leastScales.clone();
  }

  /** Returns the greatest magnitude of a weight's integer. */
  public int limit(int index, double step) {
    return (int) Math.floor(STEPS / 2 + leads[index] / step);
  }

  /** Returns the bound of weights whose columns are multiplied, and their scales with them. */
  public PairBound times(ChannelFactors factors) {
    return new PairBound(factors.times(leads), leastScales);
  }

  /** Returns the bound of columns {@code [from, to)} of each row of K. */
  public PairBound columns(int k, int from, int to) {
    float[] piece = new float[leads.length / k * (to - from)];
    for (int row = 0; row < leads.length / k; row++) {
      System.arraycopy(leads, row * k + from, piece, row * (to - from), to - from);
    }
    return new PairBound(piece, leastScales);
  }
}
