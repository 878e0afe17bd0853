package io.halfstep.statistics;

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
 * @param scores of all classes and places, in the output's order; none for an integer output
 * @param inner the number of places behind the class axis
 */
public record Predictions(int[] classes, int count, float[] scores, int inner) {
  /** Returns the predictions; null if there is no axis of two classes or more. */
  public static @Nullable Predictions of(Tensor output) {
    if (!TensorValues.isFloat(output.type())) {
      int[] classes =
          Arrays.stream(TensorValues.doubles(output)).mapToInt(label -> (int) label).toArray();
      return new Predictions(classes, 0, new float[0], 1);
    }
    int rank = output.rank();
    int axis = classAxis(rank);
    if (rank < 2 || output.dim(axis) < 2) {
      return null;
    }
    int count = Math.toIntExact(output.dim(axis));
    int inner = 1;
    for (int i = axis + 1; i < rank; i++) {
      inner *= Math.toIntExact(output.dim(i));
    }
    float[] scores = TensorValues.single(output).floats();
    Predictions predictions = new Predictions(new int[scores.length / count], count, scores, inner);
    Arrays.setAll(predictions.classes, predictions::best);
    return predictions;
  }

  /** Returns the axis along which scores of this rank have their classes. */
  public static int classAxis(int rank) {
    return rank >= 4 ? 1 : rank - 1;
  }

  /** Returns the number of places. */
  public int size() {
    return classes.length;
  }

  /** Returns the number of places where the other predictions, of as many places, differ. */
  public int different(Predictions other) {
    int different = 0;
    for (int i = 0; i < classes.length; i++) {
      different += classes[i] == other.classes[i] ? 0 : 1;
    }
    return different;
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
  public boolean amongBest(int place, long label, int k) {
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
    float a = score(place, one);
    float b = score(place, other);
    return a > b || (Float.isNaN(b) && !Float.isNaN(a));
  }

  private float score(int place, int c) {
    return scores[place / inner * inner * count + place % inner + c * inner];
  }
}
