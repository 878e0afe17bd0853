package io.halfstep.learning;

import io.halfstep.gradient.Adam;
import io.halfstep.graph.Layer;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A layer's weight, its scales and, where they are not 0, its zero points.
 *
 * <p>Each weight has a real variable {@code v}, in steps, of which the student reads {@code s·(v
 * rounded)}; the gradient passes straight through the rounding. {@code v} begins within the given
 * integer's interval, as near to the real weight as that allows. The scales are {@code s =
 * s₀·exp(θ)}; their gradient is that of LSQ (eq. 3). A zero point z moves what the grid holds, so
 * that its gradient is that of the clipped weights, each {@code −s} (Bhalgat et al. 2020, LSQ+,
 * arXiv 2004.09576, eq. 6).
 */
final class LearnedWeight implements Parameter {
  /** In steps per iteration. */
  private static final double RATE = 0.01;

  private static final double SCALE_RATE = 1e-3;

  /** In steps per iteration. */
  private static final double ZERO_POINT_RATE = 0.01;

  /** How far a variable may begin from its integer. */
  private static final float START = 0.25f;

  private final Layer layer;
  private final QuantizedWeight start;
  private final boolean keepsZeros;
  private final float[] real;
  private final float[] v;
  private final float[] gradient;
  private final Adam adam;
  private final float[] theta;
  private final float[] thetaGradient;
  private final Adam thetaAdam;
  private final @Nullable LearnedZeroPoints zeroPoints;

  /**
   * @param start the integers before learning, with levels at equal distances
   * @param keepsZeros whether weights that are 0 stay 0
   */
  LearnedWeight(Layer layer, QuantizedWeight start, boolean keepsZeros) {
    this.layer = layer;
    this.start = start;
    this.keepsZeros = keepsZeros;
    this.real = layer.layout().toRows(layer.weight().floats());
    this.v = new float[real.length];
    this.gradient = new float[real.length];
    this.adam = new Adam(v.length);
    this.theta = new float[start.encoding().scales().length];
    this.thetaGradient = new float[theta.length];
    this.thetaAdam = new Adam(theta.length);
    this.zeroPoints = LearnedZeroPoints.of(start.encoding());
    forEachRow(
        start.encoding(),
        (row, steps, zeros) -> {
          for (int j = 0; j < steps.length; j++) {
            int i = row * steps.length + j;
            int level = start.integer(row, j) - zeros[j];
            float shift = real[i] / steps[j] - level;
            v[i] = level + Math.max(-START, Math.min(START, shift));
          }
        });
  }

  private interface RowAction {
    /**
     * @param steps the scale of each input
     * @param zeros the zero point of each input
     */
    void accept(int row, float[] steps, int[] zeros);
  }

  private void forEachRow(Encoding encoding, RowAction action) {
    float[] steps = new float[start.k()];
    int[] zeros = new int[start.k()];
    for (int row = 0; row < start.out(); row++) {
      encoding.spread(row, steps, zeros);
      action.accept(row, steps, zeros);
    }
  }

  @Override
  public String input() {
    return BlockModels.weightOf(layer.name());
  }

  @Override
  public Tensor value() {
    float[] rows = new float[v.length];
    forEachRow(
        encoding(),
        (row, steps, zeros) -> {
          for (int j = 0; j < steps.length; j++) {
            int i = row * steps.length + j;
            rows[i] = steps[j] * level(i, zeros[j]);
          }
        });
    return Tensor.of(layer.layout().fromRows(rows), layer.weight().shape());
  }

  private float level(int i, int zeroPoint) {
    return Math.max(lowest(zeroPoint), Math.min(highest(zeroPoint), (float) Math.rint(v[i])));
  }

  private int lowest(int zeroPoint) {
    return start.encoding().grid().lowest() - zeroPoint;
  }

  private int highest(int zeroPoint) {
    return start.encoding().grid().highest() - zeroPoint;
  }

  @Override
  public void step(float[] ofValue, double rate) {
    float[] rows = layer.layout().toRows(ofValue);
    Arrays.fill(thetaGradient, 0);
    forEachRow(
        encoding(),
        (row, steps, zeros) -> {
          for (int j = 0; j < steps.length; j++) {
            int i = row * steps.length + j;
            float inSteps = rows[i] * steps[j];
            float level = level(i, zeros[j]);
            boolean inside = v[i] >= lowest(zeros[j]) && v[i] <= highest(zeros[j]);
            thetaGradient[scaleOf(row, j)] += inSteps * (inside ? level - v[i] : level);
            if (zeroPoints != null && !inside) {
              zeroPoints.add(scaleOf(row, j), -inSteps);
            }
            gradient[i] = inside && !(keepsZeros && real[i] == 0) ? inSteps : 0;
          }
        });
    adam.step(v, gradient, RATE * rate);
    thetaAdam.step(theta, thetaGradient, SCALE_RATE * rate);
    if (zeroPoints != null) {
      zeroPoints.step(ZERO_POINT_RATE * rate);
    }
  }

  private int scaleOf(int row, int column) {
    Encoding encoding = start.encoding();
    if (encoding.isBlocked()) {
      return row * encoding.blocks() + column / encoding.granularity().blockSize();
    }
    return theta.length == 1 ? 0 : row;
  }

  private Encoding encoding() {
    float[] scales = start.encoding().scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] *= (float) Math.exp(theta[i]);
    }
    int[] zeros = zeroPoints == null ? start.encoding().zeroPoints() : zeroPoints.values();
    return start.encoding().with(scales, zeros);
  }

  /** Returns the integers with their learned scales. */
  QuantizedWeight weight() {
    int[] integers = new int[v.length];
    Encoding encoding = encoding();
    forEachRow(
        encoding,
        (row, steps, zeros) -> {
          for (int j = 0; j < steps.length; j++) {
            int i = row * steps.length + j;
            integers[i] = (int) level(i, zeros[j]) + zeros[j];
          }
        });
    return new QuantizedWeight(integers, start.out(), start.k(), encoding);
  }
}
