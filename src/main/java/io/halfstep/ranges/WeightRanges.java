package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.IntegerBias;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Chooses the scales of a weight ([W] §3.1) from the weight itself. */
public final class WeightRanges {
  private WeightRanges() {}

  /**
   * Chooses scales and zero points.
   *
   * <p>Symmetric: the signed full range grid, zero points 0. Asymmetric: the unsigned grid; the
   * range holds 0. The methods:
   *
   * <ul>
   *   <li>min-max clips nothing (asymmetric: by half a step at most, since 0 is exact);
   *   <li>MSE minimises Σ (w − ŵ)² of rounding to nearest; asymmetric: Σ |w − ŵ|^2.4. Never worse
   *       than min-max by that measure;
   *   <li>percentile P clips a share of 1 − P/100 of the weights (rounded down): the greatest by
   *       magnitude; asymmetric: that many at each end.
   * </ul>
   *
   * A row of zeros gets scale 1. Rows work in parallel on the calling ForkJoinPool; the result does
   * not depend on it.
   *
   * @param rows the weight {@code [out, K]}, row-major
   * @param bits 2 to 8
   * @throws InvalidInputException if a weight is NaN or infinite
   */
  public static Encoding encode(
      float[] rows,
      int out,
      int k,
      int bits,
      Granularity granularity,
      boolean symmetric,
      RangeMethod method) {
    Grid grid = symmetric ? Grid.signed(bits) : Grid.unsigned(bits);
    int channels = granularity == Granularity.TENSOR ? 1 : out;
    int length = granularity == Granularity.TENSOR ? out * k : k;
    Affine[] chosen = new Affine[channels];
    IntStream.range(0, channels)
        .parallel()
        .forEach(
            c ->
                chosen[c] =
                    new WeightRow(rows, c * length, (c + 1) * length)
                        .encode(grid, symmetric, method));
    float[] scales = new float[channels];
    int[] zeroPoints = new int[channels];
    for (int c = 0; c < channels; c++) {
      scales[c] = chosen[c].scale();
      zeroPoints[c] = chosen[c].zeroPoint();
    }
    return Encoding.perChannel(grid, scales, zeroPoints);
  }

  /**
   * Raises weight scales under which an int32 bias would clip ([O]; spec §7) to {@link
   * IntegerBias#leastScale}, so that the integers that are then learned are those exported. Zero
   * points stay.
   *
   * @param bias one per row
   * @param inputScale s_x, the scale of the layer's input
   */
  public static GuardedEncoding guardBias(Encoding weights, float[] bias, float inputScale) {
    float[] scales = new float[weights.channels()];
    int[] zeroPoints = new int[weights.channels()];
    for (int c = 0; c < scales.length; c++) {
      scales[c] = weights.scale(c);
      zeroPoints[c] = weights.zeroPoint(c);
    }
    List<Integer> raised = new ArrayList<>();
    for (int row = 0; row < bias.length; row++) {
      float least = IntegerBias.leastScale(bias[row], inputScale);
      if (weights.scale(row) < least) {
        int c = scales.length == 1 ? 0 : row;
        scales[c] = Math.max(scales[c], Affine.of(weights.grid(), least, zeroPoints[c]).scale());
        raised.add(row);
      }
    }
    return new GuardedEncoding(
        Encoding.perChannel(weights.grid(), scales, zeroPoints), List.copyOf(raised));
  }

  /**
   * The least scale that {@link #guardBias} leaves, of each row.
   *
   * @param bias one per row
   * @param inputScale s_x, the scale of the layer's input
   */
  public static float[] leastScales(float[] bias, float inputScale) {
    float[] least = new float[bias.length];
    for (int row = 0; row < bias.length; row++) {
      least[row] = IntegerBias.leastScale(bias[row], inputScale);
    }
    return least;
  }
}
