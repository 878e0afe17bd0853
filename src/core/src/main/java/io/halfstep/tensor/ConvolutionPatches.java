package io.halfstep.tensor;

import java.util.Arrays;

/**
 * The columns of a convolution or a transposed convolution over an input {@code [samples, channels,
 * spatial...]}, im2col. Row {@code c·kernel + o} of a column holds channel {@code c} of the group
 * at kernel offset {@code o} (row-major).
 */
public final class ConvolutionPatches implements Patches {
  private final ConvolutionGeometry geometry;
  private final int channels;
  private final int groups;
  private final int perSample;

  private ConvolutionPatches(
      ConvolutionGeometry geometry, int channels, int groups, int perSample) {
    this.geometry = geometry;
    this.channels = channels;
    this.groups = groups;
    this.perSample = perSample;
  }

  /**
   * Patches of a layer with {@code channels} input channels in {@code groups} groups.
   *
   * @throws IllegalArgumentException if the channels don't divide into the groups
   */
  public static ConvolutionPatches of(ConvolutionGeometry geometry, int channels, int groups) {
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(channels + " channels in " + groups + " groups");
    }
    return new ConvolutionPatches(geometry, channels, groups, Integer.MAX_VALUE);
  }

  @Override
  public int groups() {
    return groups;
  }

  @Override
  public int k() {
    return channels / groups * Arrays.stream(geometry.kernel()).reduce(1, Math::multiplyExact);
  }

  @Override
  public boolean keepsFirstAxis(int rank) {
    return true;
  }

  @Override
  public boolean hasZeros() {
    return geometry.transposed() || geometry.pads();
  }

  /** Whole lines of the last axis are kept: a line is read at once. */
  @Override
  public ConvolutionPatches thinned(int most) {
    return new ConvolutionPatches(geometry, channels, groups, most);
  }

  @Override
  public Columns columns(long[] inputShape, long firstSample) {
    return new ConvolutionColumns(
        geometry.axes(inputShape),
        Math.toIntExact(inputShape[0]),
        channels,
        perSample,
        firstSample);
  }
}
