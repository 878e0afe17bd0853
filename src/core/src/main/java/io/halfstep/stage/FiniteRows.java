package io.halfstep.stage;

import io.halfstep.protocol.Activation;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Selects the finite rows of a layer's input: a network may compute NaN or infinity from finite
 * samples, and a single one would spoil every sum.
 */
final class FiniteRows {
  private FiniteRows() {}

  /**
   * Returns the activation without the rows that are not finite in both networks.
   *
   * @param rows the number of independent parts of the first axis; 1 for all or nothing
   * @return null if nothing is left
   */
  static @Nullable Activation of(Activation activation, int rows) {
    Tensor teacher = activation.teacher();
    Tensor student = activation.student();
    boolean[] finite = new boolean[rows];
    int count = 0;
    for (int row = 0; row < rows; row++) {
      finite[row] =
          isFinite(teacher, row, rows) && (activation.isShared() || isFinite(student, row, rows));
      count += finite[row] ? 1 : 0;
    }
    if (count == rows || count == 0) {
      return count == 0 ? null : activation;
    }
    Tensor x = select(teacher, finite);
    return activation.isShared()
        ? Activation.shared(x)
        : new Activation(x, select(student, finite));
  }

  private static boolean isFinite(Tensor tensor, int row, int rows) {
    float[] values = tensor.floats();
    int length = values.length / rows;
    int from = row * length;
    int to = from + length;
    // stays 0 unless a value times 0 is NaN; four sums, to hide the latency of additions
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int i = from;
    for (; i + 4 <= to; i += 4) {
      a += values[i] * 0;
      b += values[i + 1] * 0;
      c += values[i + 2] * 0;
      d += values[i + 3] * 0;
    }
    for (; i < to; i++) {
      a += values[i] * 0;
    }
    return a + b + c + d == 0;
  }

  private static Tensor select(Tensor tensor, boolean[] chosen) {
    List<Tensor> rows = new ArrayList<>();
    for (int row = 0; row < chosen.length; row++) {
      if (chosen[row]) {
        rows.add(tensor.rows(row, row + 1));
      }
    }
    return Tensor.concatenate(rows);
  }
}
