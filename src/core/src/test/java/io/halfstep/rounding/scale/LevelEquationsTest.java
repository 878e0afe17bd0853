package io.halfstep.rounding.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.SignedSums;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.RowProblem;
import org.junit.jupiter.api.Test;

class LevelEquationsTest {
  private static final float[] SCALES = {1, 0.5f, 2};
  private static final float[] SUMS = {-2, -0.5f, 0.5f, 2};
  private static final RoundingProblem PROBLEM =
      new Problems(1, 3, 9, 2, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL).problem(1);
  private static final int[][] LEVELS = {
    {0, 2, 1, 1, 0, 2, 2, 0, 1}, {1, 1, 0, 2, 2, 0, 1, 0, 0}, {2, 0, 0, 1, 2, 1, 0, 2, 1}
  };

  /** L of the levels with other values, by the formula of the moments. */
  private static double loss(double[] values) {
    double loss = 0;
    for (int r = 0; r < LEVELS.length; r++) {
      double[] d = new double[LEVELS[r].length];
      for (int j = 0; j < d.length; j++) {
        d[j] = SCALES[r] * values[LEVELS[r][j]] - PROBLEM.weights()[r * d.length + j];
      }
      loss += PROBLEM.moments().get(0).loss(r, d);
    }
    return loss;
  }

  private static RowProblem row(int r) {
    Encoding encoding =
        Encoding.perChannel(Grid.unsigned(2), SCALES, new int[3])
            .withCodebook(new Codebook(WeightLevels.parse("codebook"), 1, SUMS));
    return new RowProblem(PROBLEM, r, encoding, Reach.GRID);
  }

  private static double[] changed(double[][] basis) {
    LevelEquations sum = new LevelEquations(4);
    for (int r = 0; r < LEVELS.length; r++) {
      LevelEquations own = new LevelEquations(4);
      own.add(row(r), LEVELS[r]);
      sum.add(own);
    }
    double[] values = sum.changes(basis);
    for (int i = 0; i < values.length; i++) {
      values[i] += SUMS[i];
    }
    return values;
  }

  /** No weight has the last level, which stays; L rises whichever other value moves. */
  @Test
  void theValuesHaveTheLeastLoss() {
    double[] best = changed(identity());
    assertThat(best[3]).isEqualTo(2, within(1e-6));
    double least = loss(best);
    for (int i = 0; i < 3; i++) {
      for (double by : new double[] {-0.01, 0.01}) {
        double[] moved = best.clone();
        moved[i] += by;
        assertThat(loss(moved)).isGreaterThan(least);
      }
    }
  }

  private static double[][] identity() {
    return new double[][] {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
  }

  @Test
  void sumsRemainSums() {
    double[][] signs = SignedSums.signs(SignedSums.alphas(SUMS));
    double[] best = changed(signs);
    assertThat(best[0]).isEqualTo(-best[3], within(1e-9));
    assertThat(best[1]).isEqualTo(-best[2], within(1e-9));
  }

  @Test
  void aFixedValueStays() {
    double[][] basis = identity();
    basis[1][1] = 0;
    double[] best = changed(basis);
    assertThat(best[1]).isEqualTo(SUMS[1]);
  }
}
