package io.halfstep.quantizer;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The uniform affine quantizer of [W] eq. 4–7: {@code q = clamp(round(x/s) + z, n, p)}, {@code x̂ =
 * s·(q − z)}, with {@code round} half-to-even, in single precision: bit for bit what ONNX Runtime's
 * QuantizeLinear and DequantizeLinear make of a number ([O]). An infinity saturates; NaN, which no
 * integer stands for, stays NaN in {@link #roundTrip} and is undefined in {@link #quantize}.
 *
 * <p>An encoding has either one scale and zero point for the whole tensor, or one per output
 * channel (row of the weight matrix {@code [out, K]}).
 */
public final class Encoding {
  /** Floats of this magnitude are the integers: their sums round half-to-even to one. */
  private static final float MAGIC = 0x1.8p23f;

  private final Grid grid;
  private final float[] scales;
  private final int[] zeroPoints;

  private Encoding(Grid grid, float[] scales, int[] zeroPoints) {
    this.grid = grid;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
  }

  /** One scale (real units per integer step) and zero point for the whole tensor. */
  public static Encoding perTensor(Grid grid, float scale, int zeroPoint) {
    return perChannel(grid, new float[] {scale}, new int[] {zeroPoint});
  }

  /**
   * One scale and zero point per channel.
   *
   * @throws IllegalArgumentException if a scale is not a normal positive number, or a zero point is
   *     off the grid
   */
  public static Encoding perChannel(Grid grid, float[] scales, int[] zeroPoints) {
    if (scales.length != zeroPoints.length || scales.length == 0) {
      throw new IllegalArgumentException(
          scales.length + " scales, " + zeroPoints.length + " zero points");
    }
    for (int i = 0; i < scales.length; i++) {
      if (!(scales[i] >= Float.MIN_NORMAL && scales[i] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException("scale " + scales[i] + " of channel " + i);
      }
      if (grid.clamp(zeroPoints[i]) != zeroPoints[i]) {
        throw new IllegalArgumentException(
            "zero point " + zeroPoints[i] + " of channel " + i + " is not on " + grid);
      }
    }
    return new Encoding(grid, scales.clone(), zeroPoints.clone());
  }

  public Grid grid() {
    return grid;
  }

  public Granularity granularity() {
    return scales.length == 1 ? Granularity.TENSOR : Granularity.CHANNEL;
  }

  /** The number of scales: 1, or the number of channels. */
  public int channels() {
    return scales.length;
  }

  /** The scale of a channel (of any channel, where there is one for all). */
  public float scale(int channel) {
    return scales[scales.length == 1 ? 0 : channel];
  }

  /** The zero point of a channel (of any channel, where there is one for all). */
  public int zeroPoint(int channel) {
    return zeroPoints[zeroPoints.length == 1 ? 0 : channel];
  }

  /** True if every zero point is 0. */
  public boolean symmetric() {
    for (int z : zeroPoints) {
      if (z != 0) {
        return false;
      }
    }
    return true;
  }

  /** The integer nearest to {@code x}, ties to even. */
  public int quantize(float x, int channel) {
    double q = Math.rint(x / scale(channel)) + zeroPoint(channel);
    return (int) Math.max(grid.lowest(), Math.min(grid.highest(), q));
  }

  /** The real that an integer stands for. */
  public float dequantize(int q, int channel) {
    return scale(channel) * (q - zeroPoint(channel));
  }

  /**
   * Quantizes and dequantizes with the first channel's parameters: what a runtime makes of an
   * activation. {@code to} may be {@code from}.
   */
  public void roundTrip(float[] from, float[] to) {
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
        && Arrays.equals(zeroPoints, that.zeroPoints);
  }

  @Override
  public int hashCode() {
    return Objects.hash(grid, Arrays.hashCode(scales), Arrays.hashCode(zeroPoints));
  }

  @Override
  public String toString() {
    return channels() == 1
        ? grid + ", scale " + scales[0] + ", zero point " + zeroPoints[0]
        : grid + ", " + channels() + " scales";
  }
}
