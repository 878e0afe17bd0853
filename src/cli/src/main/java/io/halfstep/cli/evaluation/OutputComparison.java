package io.halfstep.cli.evaluation;

import io.halfstep.statistics.Decibels;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Compares one output of two models over all batches. Elements that are NaN or infinite in either
 * model are counted and excluded from every figure.
 */
final class OutputComparison {
  private double signal;
  private double noise;
  private long compared;
  private long matched;
  private long unmatched;
  private double cosines;
  private long directions;
  private double @Nullable [] first;
  private boolean varies;
  private double least = Double.POSITIVE_INFINITY;
  private double greatest = Double.NEGATIVE_INFINITY;
  private long samples;

  void add(Tensor reference, Tensor output, int batch) {
    double[] expected = TensorValues.doubles(reference);
    double[] found = TensorValues.doubles(output);
    int rows = output.rank() > 0 && output.dim(0) == batch ? batch : 1;
    int row = found.length / rows;
    for (int r = 0; r < rows; r++) {
      compare(expected, found, r * row, (r + 1) * row);
      if (first == null) {
        first = Arrays.copyOf(found, row);
      }
      varies |= !Arrays.equals(first, 0, first.length, found, r * row, (r + 1) * row);
    }
    samples += rows;
  }

  private void compare(double[] expected, double[] found, int from, int to) {
    double product = 0;
    double one = 0;
    double other = 0;
    for (int i = from; i < to; i++) {
      double y = expected[i];
      double z = found[i];
      if (!Double.isFinite(y) || !Double.isFinite(z)) {
        boolean same = Double.compare(y, z) == 0;
        matched += same ? 1 : 0;
        unmatched += same ? 0 : 1;
        continue;
      }
      compared++;
      product += y * z;
      one += y * y;
      other += z * z;
      noise += (y - z) * (y - z);
      least = Math.min(least, z);
      greatest = Math.max(greatest, z);
    }
    signal += one;
    if (one > 0 && other > 0) {
      cosines += product / Math.sqrt(one) / Math.sqrt(other);
      directions++;
    }
  }

  OutputScore score(String name) {
    return new OutputScore(
        name,
        compared == 0 ? Double.NaN : Decibels.of(signal, noise),
        directions == 0 ? Double.NaN : Math.min(1, cosines / directions),
        matched,
        unmatched,
        degenerate());
  }

  /** Describes an output that does not depend on its input; empty for others. */
  private String degenerate() {
    if (compared > 1 && least == greatest) {
      return "is %s everywhere".formatted(least);
    }
    return samples > 1 && !varies ? "is the same for every sample" : "";
  }
}
