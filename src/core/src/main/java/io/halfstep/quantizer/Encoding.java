package io.halfstep.quantizer;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The uniform affine quantizer of [W] eq. 4–7: {@code q = clamp(round(x/s) + z, n, p)}, {@code x̂ =
 * s·(q − z)}, with {@code round} half-to-even, in single precision: bit for bit the result of ONNX
 * Runtime's QuantizeLinear and DequantizeLinear ([O]). Infinities saturate; NaN stays NaN in {@link
 * #roundTrip} and is undefined in {@link #quantize}.
 *
 * <p>An encoding has one scale and zero point for the whole tensor, or one per output channel (row
 * of the weight matrix {@code [out, K]}), or one per row and block of consecutive inputs. The
 * scales of a layer's inputs may be multiplied by {@linkplain #factors() factors}.
 *
 * <p>With a {@linkplain #codebook() codebook}, integers are indices of its levels instead: {@code
 * x̂ = s·level[q]}. {@link #quantize} and {@link #roundTrip} are for encodings without one.
 */
public final class Encoding {
  /** Floats of this magnitude are the integers: their sums round half-to-even to one. */
  private static final float MAGIC = 0x1.8p23f;

  private final Grid grid;
  private final float[] scales;
  private final int[] zeroPoints;
  // both 0 if rows are not cut into blocks
  private final int blockSize;
  private final int blocks;
  private final ChannelFactors factors;
  private final @Nullable Codebook codebook;

  private Encoding(
      Grid grid,
      float[] scales,
      int[] zeroPoints,
      int blockSize,
      int blocks,
      ChannelFactors factors,
      @Nullable Codebook codebook) {
    if (scales.length != zeroPoints.length || scales.length == 0) {
      throw new IllegalArgumentException(
          scales.length + " scales, " + zeroPoints.length + " zero points");
    }
    for (int i = 0; i < scales.length; i++) {
      if (!(scales[i] >= Float.MIN_NORMAL && scales[i] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException("scale " + scales[i] + " at " + i);
      }
      if (grid.clamp(zeroPoints[i]) != zeroPoints[i]) {
        throw new IllegalArgumentException(
            "zero point " + zeroPoints[i] + " at " + i + " is not on " + grid);
      }
    }
    this.grid = grid;
    this.scales = scales.clone();
    this.zeroPoints = zeroPoints.clone();
    this.blockSize = blockSize;
    this.blocks = blocks;
    this.factors = factors;
    this.codebook = codebook;
  }

  /**
   * Returns an encoding with one scale (real units per integer step) and zero point for the whole
   * tensor.
   */
  public static Encoding perTensor(Grid grid, float scale, int zeroPoint) {
    return perChannel(grid, new float[] {scale}, new int[] {zeroPoint});
  }

  /**
   * Returns an encoding with one scale and zero point per channel.
   *
   * @throws IllegalArgumentException if a scale is not a normal positive number, or a zero point is
   *     off the grid
   */
  public static Encoding perChannel(Grid grid, float[] scales, int[] zeroPoints) {
    return new Encoding(grid, scales, zeroPoints, 0, 0, ChannelFactors.NONE, null);
  }

  /**
   * Returns an encoding with one scale and zero point per row and block of consecutive inputs, the
   * last of which may be shorter. Rows of one block are those of {@link #perChannel}.
   *
   * @param blockSize how many inputs make a block
   * @param blocks how many blocks make a row
   * @param scales {@code [out, blocks]}, row-major
   * @param zeroPoints of the same shape
   * @throws IllegalArgumentException if a scale is not a normal positive number, a zero point is
   *     off the grid, or the sizes do not fit each other
   */
  public static Encoding perBlock(
      Grid grid, int blockSize, int blocks, float[] scales, int[] zeroPoints) {
    if (blockSize < 1 || blocks < 1 || scales.length % blocks != 0) {
      throw new IllegalArgumentException(
          "%d scales for rows of %d blocks of %d".formatted(scales.length, blocks, blockSize));
    }
    return blocks == 1
        ? perChannel(grid, scales, zeroPoints)
        : new Encoding(grid, scales, zeroPoints, blockSize, blocks, ChannelFactors.NONE, null);
  }

  /** Returns an encoding of the same layout with other scales and zero points. */
  public Encoding with(float[] otherScales, int[] otherZeroPoints) {
    if (otherScales.length != scales.length) {
      throw new IllegalArgumentException(
          otherScales.length + " scales in the place of " + scales.length);
    }
    return new Encoding(grid, otherScales, otherZeroPoints, blockSize, blocks, factors, codebook);
  }

  /**
   * Returns the same encoding with factors: the scale of a layer's input is that of its row or
   * block times its factor.
   */
  public Encoding withFactors(ChannelFactors inputFactors) {
    return new Encoding(grid, scales, zeroPoints, blockSize, blocks, inputFactors, codebook);
  }

  /**
   * Returns the same scales for the levels of a codebook.
   *
   * @throws IllegalArgumentException if the grid is not that of its indices, a zero point is not 0,
   *     or rows are cut into blocks
   */
  public Encoding withCodebook(Codebook levels) {
    if (grid.lowest() != 0 || grid.highest() != levels.size() - 1 || !symmetric() || isBlocked()) {
      throw new IllegalArgumentException(levels + " with " + this);
    }
    return new Encoding(grid, scales, zeroPoints, blockSize, blocks, factors, levels);
  }

  /** Returns the levels by their indices; null if the integers themselves are the levels. */
  public @Nullable Codebook codebook() {
    return codebook;
  }

  /** Returns how the levels were chosen. */
  public WeightLevels levels() {
    return codebook == null ? WeightLevels.UNIFORM : codebook.levels();
  }

  /** Returns the factors of the scales of a layer's inputs. */
  public ChannelFactors factors() {
    return factors;
  }

  public Grid grid() {
    return grid;
  }

  public Granularity granularity() {
    if (isBlocked()) {
      return new Granularity(Granularity.Unit.BLOCK, blockSize);
    }
    return scales.length == 1 ? Granularity.TENSOR : Granularity.CHANNEL;
  }

  /** Returns whether the inputs of a row have different scales. */
  public boolean isBlocked() {
    return blocks > 1;
  }

  /** Returns the number of channels; 1 if all channels share a scale. */
  public int channels() {
    return scales.length / blocks();
  }

  /** Returns the number of scales of a row. */
  public int blocks() {
    return Math.max(1, blocks);
  }

  /** Returns whether this can be the encoding of a matrix {@code [out, k]}. */
  public boolean fits(int out, int k) {
    if ((!factors.isNone() && factors.channels() != k)
        || (codebook != null && codebook.tables() != 1 && codebook.tables() != out)) {
      return false;
    }
    return isBlocked()
        ? scales.length == (long) out * blocks && blocks == (k - 1) / blockSize + 1
        : scales.length == 1 || scales.length == out;
  }

  /** Returns all scales, {@code [channels, blocks]}. */
  public float[] scales() {
    return scales.clone();
  }

  /** Returns all zero points, {@code [channels, blocks]}. */
  public int[] zeroPoints() {
    return zeroPoints.clone();
  }

  /**
   * Returns the scale of a channel (of any channel, if all share one).
   *
   * @throws IllegalStateException if a channel has a scale per block
   */
  public float scale(int channel) {
    return scales[index(channel)];
  }

  /**
   * Returns the zero point of a channel (of any channel, if all share one).
   *
   * @throws IllegalStateException if a channel has a zero point per block
   */
  public int zeroPoint(int channel) {
    return zeroPoints[index(channel)];
  }

  private int index(int channel) {
    if (blocks > 1) {
      throw new IllegalStateException("one scale of " + this);
    }
    return scales.length == 1 ? 0 : channel;
  }

  /**
   * Writes the scale and the zero point of each input of a row.
   *
   * @param toScales of the length of a row
   * @param toZeroPoints of the same length
   */
  public void spread(int row, float[] toScales, int[] toZeroPoints) {
    int k = toScales.length;
    if (isBlocked()) {
      for (int block = 0; block < blocks; block++) {
        int from = block * blockSize;
        int to = from + Math.min(blockSize, k - from);
        Arrays.fill(toScales, from, to, scales[row * blocks + block]);
        Arrays.fill(toZeroPoints, from, to, zeroPoints[row * blocks + block]);
      }
    } else {
      Arrays.fill(toScales, scale(row));
      Arrays.fill(toZeroPoints, zeroPoint(row));
    }
    for (int j = 0; j < factors.channels(); j++) {
      toScales[j] *= factors.of(j);
    }
  }

  /** Returns the encoding of inputs {@code [from, to)} of each row. */
  public Encoding slice(int from, int to) {
    ChannelFactors part = factors.slice(from, to);
    if (!isBlocked()) {
      return withFactors(part);
    }
    // a block size that keeps each block within one of these, wherever the slice begins
    int size = BigInteger.valueOf(blockSize).gcd(BigInteger.valueOf(from)).intValueExact();
    int parts = (to - from - 1) / size + 1;
    float[] partScales = new float[channels() * parts];
    int[] partZeros = new int[partScales.length];
    for (int i = 0; i < partScales.length; i++) {
      int at = i / parts * blocks + (from + i % parts * size) / blockSize;
      partScales[i] = scales[at];
      partZeros[i] = zeroPoints[at];
    }
    return perBlock(grid, size, parts, partScales, partZeros).withFactors(part);
  }

  /** Returns whether every zero point is 0. */
  public boolean symmetric() {
    for (int z : zeroPoints) {
      if (z != 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the integer of a channel nearest to {@code x}, ties to even. */
  public int quantize(float x, int channel) {
    return grid.quantize(x, scale(channel), zeroPoint(channel));
  }

  /** Returns the real number that an integer of a channel stands for. */
  public float dequantize(int q, int channel) {
    return scale(channel) * (q - zeroPoint(channel));
  }

  /**
   * Quantizes and dequantizes with the first channel's parameters, as a runtime does with an
   * activation. {@code to} may be {@code from}.
   *
   * @param from as many values as there are factors, or a multiple of that
   */
  public void roundTrip(float[] from, float[] to) {
    if (factors.isNone()) {
      roundTripAll(from, to);
    } else {
      factors.inverse().multiply(from, to);
      roundTripAll(to, to);
      factors.multiply(to, to);
    }
  }

  private void roundTripAll(float[] from, float[] to) {
    float scale = scales[0];
    float lowest = grid.lowest() - zeroPoints[0];
    float highest = grid.highest() - zeroPoints[0];
    Objects.checkFromToIndex(0, from.length, to.length);
    for (int i = 0; i < from.length; i++) {
      // Clamping first changes nothing, as both ends are integers, and leaves a number so small
      // that
      // adding MAGIC rounds it. Unlike Math.rint, this loop compiles to vector instructions.
      float q = Math.max(lowest, Math.min(highest, from[i] / scale));
      to[i] = scale * ((q + MAGIC) - MAGIC);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Encoding that
        && grid.equals(that.grid)
        && Arrays.equals(scales, that.scales)
        && Arrays.equals(zeroPoints, that.zeroPoints)
        && blockSize == that.blockSize
        && blocks == that.blocks
        && factors.equals(that.factors)
        && Objects.equals(codebook, that.codebook);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        grid, Arrays.hashCode(scales), Arrays.hashCode(zeroPoints), blockSize, factors, codebook);
  }

  @Override
  public String toString() {
    String parameters =
        scales.length == 1
            ? grid + ", scale " + scales[0] + ", zero point " + zeroPoints[0]
            : grid + ", " + scales.length + " scales, one per " + granularity().label();
    return parameters
        + (codebook == null ? "" : ", " + codebook)
        + (factors.isNone() ? "" : ", " + factors);
  }
}
