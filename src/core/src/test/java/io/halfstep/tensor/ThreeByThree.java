package io.halfstep.tensor;

/** Convolutions whose output is as large as their input: 3×3, stride 1, padding 1. */
public final class ThreeByThree {
  private ThreeByThree() {}

  public static ConvolutionPatches patches(int channels, int groups) {
    int[] ones = {1, 1};
    Padding padding = new Padding(Padding.Mode.EXPLICIT, ones, ones);
    ConvolutionGeometry geometry =
        ConvolutionGeometry.convolution(new int[] {3, 3}, ones, ones, padding);
    return ConvolutionPatches.of(geometry, channels, groups);
  }
}
