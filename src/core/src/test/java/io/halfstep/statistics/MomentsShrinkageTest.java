package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MomentsShrinkageTest {
  private static final int K = 6;
  private static final float[] WEIGHTS = {1, -2, 0.5f, 3, -1, 2};

  /** How a student's input differs from the teacher's: by a part that is predictable, and noise. */
  private record Errors(double predictable, double noise) {}

  private static final Errors PREDICTABLE = new Errors(0.3, 0);
  private static final Errors NOISE = new Errors(0, 0.3);

  private static Moments moments(int seed, int positions, Errors errors) {
    Random random = new Random(seed);
    double[] gram = new double[K * K];
    double[] cross = new double[K];
    double[] shift = new double[1];
    for (int p = 0; p < positions; p++) {
      double common = random.nextGaussian();
      double[] student = new double[K];
      double error = 0;
      for (int i = 0; i < K; i++) {
        student[i] = common + random.nextGaussian();
      }
      for (int i = 0; i < K; i++) {
        error +=
            WEIGHTS[i] * (errors.predictable * student[i] + errors.noise * random.nextGaussian());
      }
      for (int i = 0; i < K; i++) {
        for (int j = 0; j < K; j++) {
          gram[i * K + j] += student[i] * student[j] / positions;
        }
        cross[i] += error * student[i] / positions;
      }
      shift[0] += error * error / positions;
    }
    return new Moments(K, positions, gram, cross, shift);
  }

  private static Moments shrunk(int positions, Errors errors, int seed) {
    return MomentsShrinkage.of(
            List.of(moments(seed, positions, errors)),
            List.of(moments(seed + 1, positions, errors)))
        .get(0);
  }

  private static Moments mean(int positions, Errors errors, int seed) {
    Moments a = moments(seed, positions, errors);
    Moments b = moments(seed + 1, positions, errors);
    double[] gram = a.gram().clone();
    double[] cross = a.cross().clone();
    for (int i = 0; i < gram.length; i++) {
      gram[i] = (gram[i] + b.gram()[i]) / 2;
    }
    for (int i = 0; i < K; i++) {
      cross[i] = (cross[i] + b.cross()[i]) / 2;
    }
    return new Moments(
        K, 2L * positions, gram, cross, new double[] {(a.shift()[0] + b.shift()[0]) / 2});
  }

  private static double repair(Moments shrunk, Moments mean) {
    return shrunk.cross()[0] / mean.cross()[0];
  }

  @Test
  void halvesThatAgreeAreNotShrunk() {
    Moments half = moments(1, 500, PREDICTABLE);
    Moments all =
        MomentsShrinkage.of(
                List.of(moments(1, 500, PREDICTABLE)), List.of(moments(1, 500, PREDICTABLE)))
            .get(0);

    assertThat(all.positions()).isEqualTo(1000);
    assertThat(all.gram()).containsExactly(half.gram(), within(1e-12));
    assertThat(all.cross()).containsExactly(half.cross(), within(1e-8));
    assertThat(all.shift()).containsExactly(half.shift(), within(1e-8));
  }

  @Test
  void anErrorThatIsPredictableIsRepaired() {
    assertThat(repair(shrunk(2000, PREDICTABLE, 3), mean(2000, PREDICTABLE, 3)))
        .isCloseTo(1, within(0.05));
  }

  @Test
  void noiseIsNotRepaired() {
    double sum = 0;
    for (int seed = 0; seed < 40; seed += 2) {
      double repair = repair(shrunk(50, NOISE, seed), mean(50, NOISE, seed));
      assertThat(repair).isBetween(0.0, 1.0);
      sum += repair / 20;
    }
    assertThat(sum).isLessThan(0.35);
  }

  @Test
  void theRepairIsTheBestOfAllByCrossValidation() {
    Errors errors = new Errors(0.1, 0.4);
    for (int seed = 0; seed < 20; seed += 2) {
      Moments a = moments(seed, 60, errors);
      Moments b = moments(seed + 1, 60, errors);
      double lambda = 1 - shrunk(60, errors, seed).gram()[1] / mean(60, errors, seed).gram()[1];
      double found = repair(shrunk(60, errors, seed), mean(60, errors, seed));
      double[] ofA = optimum(a, Math.min(1, 2 * lambda));
      double[] ofB = optimum(b, Math.min(1, 2 * lambda));
      double least = Double.POSITIVE_INFINITY;
      double best = 0;
      for (double alpha = 0; alpha <= 1; alpha += 1e-3) {
        double loss = b.loss(0, times(ofA, alpha)) + a.loss(0, times(ofB, alpha));
        if (loss < least) {
          least = loss;
          best = alpha;
        }
      }
      assertThat(found).isCloseTo(best, within(2e-3));
    }
  }

  /** −D Ĝ⁻¹ by Gauss–Jordan elimination. */
  private static double[] optimum(Moments moments, double lambda) {
    double[][] rows = new double[K][K + 1];
    for (int i = 0; i < K; i++) {
      for (int j = 0; j < K; j++) {
        rows[i][j] = moments.gram()[i * K + j] * (i == j ? 1 : 1 - lambda);
      }
      rows[i][K] = -moments.cross()[i];
    }
    for (int pivot = 0; pivot < K; pivot++) {
      for (int i = 0; i < K; i++) {
        double factor = rows[i][pivot] / rows[pivot][pivot];
        for (int j = pivot; i != pivot && j <= K; j++) {
          rows[i][j] -= factor * rows[pivot][j];
        }
      }
    }
    double[] solution = new double[K];
    for (int i = 0; i < K; i++) {
      solution[i] = rows[i][K] / rows[i][i];
    }
    return solution;
  }

  private static double[] times(double[] values, double factor) {
    double[] scaled = values.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= factor;
    }
    return scaled;
  }

  @Test
  void fewerPositionsShrinkTheGramMatrixMore() {
    double few = shrunk(20, NOISE, 5).gram()[1] / mean(20, NOISE, 5).gram()[1];
    double many = shrunk(5000, NOISE, 5).gram()[1] / mean(5000, NOISE, 5).gram()[1];
    assertThat(few).isBetween(0.5, 0.99);
    assertThat(many).isBetween(0.995, 1.0);
    assertThat(shrunk(20, NOISE, 5).gram()[0])
        .isEqualTo(mean(20, NOISE, 5).gram()[0], within(1e-12));
  }

  @Test
  void anEmptyHalfChangesNothing() {
    Moments empty = new Moments(K, 0, new double[K * K], new double[K], new double[1]);
    Moments half = moments(1, 10, NOISE);
    assertThat(MomentsShrinkage.of(List.of(half), List.of(empty))).containsExactly(half);
    assertThat(MomentsShrinkage.of(List.of(empty), List.of(half))).containsExactly(half);
  }

  @Test
  void inputsThatVanishStayAsTheyAre() {
    Moments zero = new Moments(K, 5, new double[K * K], new double[K], new double[1]);
    Moments other = new Moments(K, 5, new double[K * K], new double[K], new double[1]);
    Moments all = MomentsShrinkage.of(List.of(zero), List.of(other)).get(0);
    assertThat(all.gram()).containsOnly(0);
    assertThat(all.cross()).containsOnly(0);
  }
}
