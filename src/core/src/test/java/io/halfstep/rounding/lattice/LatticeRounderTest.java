package io.halfstep.rounding.lattice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.rounding.solver.Rounders;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatticeRounderTest {
  private static final RoundingProblem CORRELATED =
      new Problems(1, 8, 150, 4, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL)
          .problem(5);

  /** Descent by single moves from nearest, the best first: a plain, slow reference. */
  private static double descendedFromNearest(RoundingProblem problem) {
    double sum = 0;
    for (int r = 0; r < problem.out(); r++) {
      RowProblem row = new RowProblem(problem, r, Reach.GRID);
      int[] levels = row.nearest.clone();
      double loss = row.loss(levels);
      for (boolean better = true; better; ) {
        better = false;
        for (int j = 0; j < row.k; j++) {
          for (int by = -1; by <= 1; by += 2) {
            levels[j] += by;
            double moved = row.loss(levels);
            if (row.clamp(j, levels[j]) == levels[j] && moved < loss - 1e-12) {
              loss = moved;
              better = true;
            } else {
              levels[j] -= by;
            }
          }
        }
      }
      sum += loss;
    }
    return sum;
  }

  @Test
  void goesWellBelowDescentFromNearest() {
    RoundingSolution solution =
        Rounders.of(RoundingMethod.LATTICE).solve(CORRELATED, RoundingControl.NONE);
    assertThat(solution.loss()).isLessThan(0.8 * descendedFromNearest(CORRELATED));
    assertThat(solution.ratio()).isLessThan(0.55);
  }

  @Test
  void goesBelowTheRelaxation() {
    RoundingSolution relaxed =
        Rounders.of(RoundingMethod.ADAROUND).solve(CORRELATED, RoundingControl.NONE);
    assertThat(relaxed.ratio()).isLessThan(0.7);
    assertThat(Rounders.of(RoundingMethod.LATTICE).solve(CORRELATED, RoundingControl.NONE).loss())
        .isLessThan(relaxed.loss());
  }

  @Test
  void searchKeepsItsAccounts() {
    RowProblem row = new RowProblem(CORRELATED, 1, Reach.GRID);
    LocalSearch search = new LocalSearch(row, row.nearest);
    search.descend();
    double descended = search.loss();
    assertThat(descended).isCloseTo(row.loss(search.levels()), within(1e-6 * descended));
    assertThat(descended).isLessThan(row.loss(row.nearest));
    search.tabu(
        2000, RowProblem.random(CORRELATED, 1), new SolverProgress(RoundingControl.NONE, 1));
    assertThat(search.loss()).isLessThan(descended);
    assertThat(search.loss()).isCloseTo(row.loss(search.levels()), within(1e-6 * descended));
  }

  @Test
  void factorIsTheQuadraticForm() {
    int k = CORRELATED.k();
    RowProblem row = new RowProblem(CORRELATED, 0, Reach.GRID);
    double mu = 0.7;
    DampedCholesky factor =
        Objects.requireNonNull(
            DampedCholesky.of(row.gram, k, mu, new SolverProgress(RoundingControl.NONE, 1)));
    int[] order = factor.order;
    assertThat(order).containsExactlyInAnyOrder(IntStream.range(0, k).toArray());
    double[] offsets = factor.offsets(row.linear);
    Random random = new Random(1);
    double[] differences = new double[3];
    for (int trial = 0; trial < differences.length; trial++) {
      double[] d = random.doubles(k, -1, 1).toArray();
      double form = 0;
      for (int i = 0; i < k; i++) {
        form += mu * d[i] * d[i] + 2 * row.linear[i] * d[i];
        for (int j = 0; j < k; j++) {
          form += d[i] * row.gram[i * k + j] * d[j];
        }
      }
      double squares = 0;
      for (int i = 0; i < k; i++) {
        double distance = d[order[i]] + offsets[i];
        for (int j = 0; j < i; j++) {
          distance += factor.v[j * k + i] * d[order[j]];
        }
        squares += factor.weight[i] * distance * distance;
      }
      differences[trial] = form - squares;
    }
    // equal up to one constant
    assertThat(differences[1]).isCloseTo(differences[0], within(1e-9));
    assertThat(differences[2]).isCloseTo(differences[0], within(1e-9));
  }

  @Test
  void tellsItsProgress() {
    AtomicInteger reports = new AtomicInteger();
    AtomicInteger whole = new AtomicInteger();
    Rounders.of(RoundingMethod.LATTICE)
        .solve(
            CORRELATED,
            new RoundingControl() {
              @Override
              public void progress(double share) {
                assertThat(share).isBetween(0.0, 1.0);
                reports.incrementAndGet();
                if (share == 1) {
                  whole.incrementAndGet();
                }
              }
            });
    assertThat(reports.get()).isGreaterThanOrEqualTo(CORRELATED.out());
    assertThat(whole.get()).isOne();
  }
}
