package io.halfstep.cli.evaluation;

import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The classes that an output predicts: the index of the greatest score along the class axis, the
 * first of equals; NaN is below every score. They are in row-major order of the other axes. The
 * class axis is 1 for scores {@code [N, classes]} and segmentations {@code [N, classes, H, W …]},
 * and the last for sequences {@code [N, T, classes]}. An integer output holds the classes
 * themselves.
 *
 * @param classes the predicted class of each place
 * @param count the number of classes that have scores; 0 for an integer output
 */
record Predictions(int[] classes, int count, double[] scores, int inner) {
  /** Returns the predictions; null if there is no axis of two classes or more. */
  static @Nullable Predictions of(Tensor output) {
    double[] scores = TensorValues.doubles(output);
    if (!TensorValues.isFloat(output.type())) {
      int[] classes = new int[scores.length];
      Arrays.setAll(classes, i -> (int) scores[i]);
      return new Predictions(classes, 0, scores, 1);
    }
    int rank = output.rank();
    int axis = rank >= 4 ? 1 : rank - 1;
    if (rank < 2 || output.dim(axis) < 2) {
      return null;
    }
    int count = Math.toIntExact(output.dim(axis));
    int inner = 1;
    for (int i = axis + 1; i < rank; i++) {
      inner *= Math.toIntExact(output.dim(i));
    }
    Predictions predictions = new Predictions(new int[scores.length / count], count, scores, inner);
    Arrays.setAll(predictions.classes, predictions::best);
    return predictions;
  }

  int size() {
    return classes.length;
  }

  private int best(int place) {
    int best = 0;
    for (int c = 1; c < count; c++) {
      if (isAbove(place, c, best)) {
        best = c;
      }
    }
    return best;
  }

  /** Returns whether the label is among the k classes with the greatest scores. */
  boolean amongBest(int place, long label, int k) {
    if (label < 0 || label >= count) {
      return false;
    }
    int before = 0;
    for (int c = 0; c < count; c++) {
      boolean ahead = c < label ? !isAbove(place, (int) label, c) : isAbove(place, c, (int) label);
      before += ahead && c != label ? 1 : 0;
    }
    return before < k;
  }

  private boolean isAbove(int place, int one, int other) {
    double a = score(place, one);
    double b = score(place, other);
    return a > b || (Double.isNaN(b) && !Double.isNaN(a));
  }

  private double score(int place, int c) {
    return scores[place / inner * inner * count + place % inner + c * inner];
  }
}
