package io.halfstep.learning;

import io.halfstep.gradient.Adam;
import io.halfstep.graph.Layer;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;

/**
 * A layer's weight and its scales.
 *
 * <p>Each weight has a real variable {@code v}, in steps, of which the student reads {@code s·(v
 * rounded)}; the gradient passes straight through the rounding. {@code v} begins within the given
 * integer's interval, as near to the real weight as that allows. The scales are {@code s =
 * s₀·exp(θ)}; their gradient is that of LSQ (eq. 3).
 */
final class LearnedWeight implements Parameter {
  /** In steps per iteration. */
  private static final double RATE = 0.01;

  private static final double SCALE_RATE = 1e-3;

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
    forEachRow(
        start.encoding(),
        (row, steps, zeroPoints) -> {
          for (int j = 0; j < steps.length; j++) {
            int i = row * steps.length + j;
            int level = start.integer(row, j) - zeroPoints[j];
            float shift = real[i] / steps[j] - level;
            v[i] = level + Math.max(-START, Math.min(START, shift));
          }
        });
  }

  private interface RowAction {
    /**
     * @param steps the scale of each input
     * @param zeroPoints of each input
     */
    void accept(int row, float[] steps, int[] zeroPoints);
  }

  private void forEachRow(Encoding encoding, RowAction action) {
    float[] steps = new float[start.k()];
    int[] zeroPoints = new int[start.k()];
    for (int row = 0; row < start.out(); row++) {
      encoding.spread(row, steps, zeroPoints);
      action.accept(row, steps, zeroPoints);
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
        (row, steps, zeroPoints) -> {
          for (int j = 0; j < steps.length; j++) {
            int i = row * steps.length + j;
            rows[i] = steps[j] * level(i, zeroPoints[j]);
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
        (row, steps, zeroPoints) -> {
          for (int j = 0; j < steps.length; j++) {
            int i = row * steps.length + j;
            float inSteps = rows[i] * steps[j];
            float level = level(i, zeroPoints[j]);
            boolean inside = v[i] >= lowest(zeroPoints[j]) && v[i] <= highest(zeroPoints[j]);
            thetaGradient[scaleOf(row, j)] += inSteps * (inside ? level - v[i] : level);
            gradient[i] = inside && !(keepsZeros && real[i] == 0) ? inSteps : 0;
          }
        });
    adam.step(v, gradient, RATE * rate);
    thetaAdam.step(theta, thetaGradient, SCALE_RATE * rate);
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
    return start.encoding().with(scales, start.encoding().zeroPoints());
  }

  /** Returns the integers with their learned scales. */
  QuantizedWeight weight() {
    int[] integers = new int[v.length];
    Encoding encoding = encoding();
    forEachRow(
        encoding,
        (row, steps, zeroPoints) -> {
          for (int j = 0; j < steps.length; j++) {
            int i = row * steps.length + j;
            integers[i] = (int) level(i, zeroPoints[j]) + zeroPoints[j];
          }
        });
    return new QuantizedWeight(integers, start.out(), start.k(), encoding);
  }
}
