package io.halfstep.ranges;

import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.Predictions;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The mean cross-entropy of softmax before and after quantization: {@code −Σ p·log p̂}, {@code p =
 * softmax(v)}, {@code p̂ = softmax(v̂)}. Rows with NaN or infinity are left out.
 */
final class LogitError implements ToDoubleFunction<Affine> {
  private final Grid grid;
  private final int classes;
  private final float[] logits; // [rows, classes]
  private final double[] probabilities; // of the same shape
  private final double[] quantized;

  /**
   * @param samples of equal shape but for the first axis, with classes along {@link
   *     Predictions#classAxis}
   */
  LogitError(List<Tensor> samples, Grid grid) {
    this.grid = grid;
    if (samples.isEmpty()) {
      classes = 1;
      logits = new float[0];
    } else {
      Tensor first = samples.get(0);
      classes = Math.toIntExact(first.dim(Predictions.classAxis(first.rank())));
      logits = finiteRows(samples);
    }
    probabilities = new double[logits.length];
    quantized = new double[classes];
    for (int from = 0; from < logits.length; from += classes) {
      for (int i = 0; i < classes; i++) {
        quantized[i] = logits[from + i];
      }
      double log = logSumExp(quantized);
      for (int i = 0; i < classes; i++) {
        probabilities[from + i] = Math.exp(quantized[i] - log);
      }
    }
  }

  private float[] finiteRows(List<Tensor> samples) {
    float[] rows = new float[samples.stream().mapToInt(Tensor::size).sum()];
    int used = 0;
    for (Tensor sample : samples) {
      float[] values = sample.floats();
      int inner = sample.rank() >= 4 ? values.length / classes / Math.toIntExact(sample.dim(0)) : 1;
      for (int row = 0; row < values.length / classes; row++) {
        int from = row / inner * inner * classes + row % inner;
        boolean finite = true;
        for (int i = 0; i < classes; i++) {
          rows[used + i] = values[from + i * inner];
          finite &= Float.isFinite(rows[used + i]);
        }
        used += finite ? classes : 0;
      }
    }
    return Arrays.copyOf(rows, used);
  }

  @Override
  public double applyAsDouble(Affine affine) {
    float scale = affine.scale();
    int zero = affine.zeroPoint();
    double sum = 0;
    for (int from = 0; from < logits.length; from += classes) {
      for (int i = 0; i < classes; i++) {
        quantized[i] = scale * (grid.quantize(logits[from + i], scale, zero) - zero);
      }
      double log = logSumExp(quantized);
      for (int i = 0; i < classes; i++) {
        sum += probabilities[from + i] * (log - quantized[i]);
      }
    }
    return sum / Math.max(1, logits.length / classes);
  }

  private static double logSumExp(double[] values) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      greatest = Math.max(greatest, value);
    }
    double sum = 0;
    for (double value : values) {
      sum += Math.exp(value - greatest);
    }
    return greatest + Math.log(sum);
  }
}
