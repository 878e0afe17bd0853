package io.halfstep.learning;

import io.halfstep.gradient.Adam;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Zero points as real variables, of which the student reads the nearest integers of the grid. */
final class LearnedZeroPoints {
  private final Grid grid;
  private final float[] variables;
  private final float[] gradient;
  private final Adam adam;

  private LearnedZeroPoints(Encoding start) {
    int[] zeroPoints = start.zeroPoints();
    grid = start.grid();
    variables = new float[zeroPoints.length];
    for (int i = 0; i < variables.length; i++) {
      variables[i] = zeroPoints[i];
    }
    gradient = new float[variables.length];
    adam = new Adam(variables.length);
  }

  /** Begins with those of an encoding; null if it is symmetric, as it then stays. */
  static @Nullable LearnedZeroPoints of(Encoding start) {
    return start.symmetric() ? null : new LearnedZeroPoints(start);
  }

  /** Adds to the gradient of the loss with respect to a zero point. */
  void add(int index, float more) {
    gradient[index] += more;
  }

  /** Moves the zero points against their gradient, which is then 0 again. */
  void step(double rate) {
    adam.step(variables, gradient, rate);
    Arrays.fill(gradient, 0);
    for (int i = 0; i < variables.length; i++) {
      variables[i] = Math.max(grid.lowest(), Math.min(grid.highest(), variables[i]));
    }
  }

  /** Returns the zero points. */
  int[] values() {
    int[] values = new int[variables.length];
    Arrays.setAll(values, i -> Math.round(variables[i]));
    return values;
  }
}
