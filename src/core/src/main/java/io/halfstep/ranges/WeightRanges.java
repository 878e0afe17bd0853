package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Granularity.Unit;
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
   * <p>On a signed grid, full or restricted, zero points are 0: symmetric. On an unsigned one they
   * are not: asymmetric; the range holds 0. The methods:
   *
   * <ul>
   *   <li>min-max clips nothing (asymmetric: by half a step at most, since 0 is exact);
   *   <li>MSE minimises Σ (w − ŵ)² of rounding to nearest; asymmetric: Σ |w − ŵ|^2.4; L_p: Σ |w −
   *       ŵ|^p. Never worse than min-max by this measure;
   *   <li>percentile P clips a share of 1 − P/100 of the weights (rounded down): the greatest by
   *       magnitude; asymmetric: that many at each end.
   * </ul>
   *
   * The scale of a row or block of zeros is 1. A block that holds a whole row is treated as a
   * channel. Rows and blocks are processed in parallel on the calling ForkJoinPool; the result does
   * not depend on it.
   *
   * @param rows the weight {@code [out, K]}, row-major
   * @param grid of 2 to 8 bits
   * @throws InvalidInputException if a weight is NaN or infinite
   */
  public static Encoding encode(
      float[] rows, int out, int k, Grid grid, Granularity granularity, WeightRangeMethod method) {
    if (method instanceof GivenRange given) {
      return given.encoding();
    }
    boolean perTensor = granularity.unit() == Unit.TENSOR;
    int channels = perTensor ? 1 : out;
    int length = perTensor ? out * k : k;
    int blockSize = granularity.unit() == Unit.BLOCK ? granularity.blockSize() : length;
    int blocks = (length - 1) / blockSize + 1;
    Affine[] chosen = new Affine[channels * blocks];
    IntStream.range(0, chosen.length)
        .parallel()
        .forEach(
            i -> {
              int end = (i / blocks + 1) * length;
              int from = end - length + i % blocks * blockSize;
              int to = from + Math.min(blockSize, end - from);
              chosen[i] = method.ofWeights(new WeightRow(rows, from, to), grid, grid.isSigned());
            });
    float[] scales = new float[chosen.length];
    int[] zeroPoints = new int[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      scales[i] = chosen[i].scale();
      zeroPoints[i] = chosen[i].zeroPoint();
    }
    return Encoding.perBlock(grid, blockSize, blocks, scales, zeroPoints);
  }

  /**
   * Raises weight scales with which an int32 bias would clip ([W] §2.1, [O]) to {@link
   * IntegerBias#leastScale}, before rounding, so that the export need not change integers. Zero
   * points stay the same.
   *
   * @param weights one scale, or one per row
   * @param bias one per row
   * @param inputScale s_x, the scale of the layer's input
   */
  public static GuardedEncoding guardBias(Encoding weights, float[] bias, float inputScale) {
    return atLeast(weights, leastScales(bias, inputScale));
  }

  /**
   * Raises weight scales that are too small. Zero points stay the same.
   *
   * @param weights one scale, or one per row
   * @param least the least scale of each row
   */
  public static GuardedEncoding atLeast(Encoding weights, float[] least) {
    float[] scales = weights.scales();
    int[] zeroPoints = weights.zeroPoints();
    List<Integer> raised = new ArrayList<>();
    for (int row = 0; row < least.length; row++) {
      if (weights.scale(row) < least[row]) {
        int c = scales.length == 1 ? 0 : row;
        scales[c] =
            Math.max(scales[c], Affine.of(weights.grid(), least[row], zeroPoints[c]).scale());
        raised.add(row);
      }
    }
    return new GuardedEncoding(weights.with(scales, zeroPoints), List.copyOf(raised));
  }

  /**
   * Returns the least scale of each row after {@link #guardBias}.
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
