package io.halfstep.rounding.lattice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.tensor.DoubleMatrix;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the products of long rows with the plain loops of short ones. */
class RowBlockTest {
  private static final SolverProgress UNWATCHED = new SolverProgress(RoundingControl.NONE, 1);

  private static RowProblem[] rows(RoundingProblem problem) {
    return IntStream.range(0, problem.out())
        .mapToObj(r -> new RowProblem(problem, r, Reach.GRID))
        .toArray(RowProblem[]::new);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 131})
  void productsGiveWhatLoopsGive(int k) {
    RoundingProblem problem =
        new Problems(1, 5, k, 4, Problems.Data.CORRELATED, true, Problems.Scales.ASYMMETRIC_BLOCKS)
            .problem(k);
    double[] gram = problem.moments().get(0).gram();
    DampedCholesky factor = requireNonNull(DampedCholesky.of(gram, k, 0.1, UNWATCHED));
    RowBlock plain = new RowBlock(rows(problem), null);
    try (DoubleMatrix matrix = DoubleMatrix.square(gram, k);
        DoubleMatrix v = DoubleMatrix.square(factor.v, k)) {
      RowBlock block = new RowBlock(rows(problem), matrix);

      assertThat(block.round(factor, v, 1, UNWATCHED))
          .isDeepEqualTo(plain.round(factor, null, 1, UNWATCHED));
      int[][] levels = block.round(factor, v, 7, UNWATCHED);
      assertThat(levels).isDeepEqualTo(plain.round(factor, null, 7, UNWATCHED));
      assertThat(block.nearest()).isDeepEqualTo(plain.nearest());
      double[] losses = plain.losses(levels);
      for (int r = 0; r < losses.length; r++) {
        assertThat(block.halfGradients(levels)[r])
            .containsExactly(plain.halfGradients(levels)[r], within(1e-10));
      }
      assertThat(block.losses(levels)).containsExactly(losses, within(1e-10));
    }
  }

  /** The whole solver, on rows that are just long enough. */
  @Test
  void longRowsGoWellBelowNearestToo() {
    int k = 800;
    assertThat(RowBlock.areLong(k)).isTrue();
    RoundingProblem problem =
        new Problems(1, 3, k, 4, Problems.Data.SINGULAR, true, Problems.Scales.CHANNEL).problem(2);

    RoundingSolution solution =
        Rounders.of(RoundingMethod.LATTICE, Effort.FAST).solve(problem, RoundingControl.NONE);

    double[] losses = Problems.losses(problem, solution.weight().dequantize());
    assertThat(solution.loss())
        .isCloseTo(losses[0] + losses[1] + losses[2], within(1e-6 * solution.nearestLoss()));
    assertThat(solution.ratio()).isLessThan(0.4);
  }

  /** The products read memory that is freed when the solver is cancelled. */
  @Test
  void noBlockIsAtWorkWhenACancelledSolverReturns() {
    RoundingProblem problem =
        new Problems(1, 64, 800, 4, Problems.Data.SINGULAR, false, Problems.Scales.CHANNEL)
            .problem(3);
    Thread caller = Thread.currentThread();
    AtomicBoolean stepping = new AtomicBoolean();
    AtomicBoolean cancelled = new AtomicBoolean();
    AtomicBoolean returned = new AtomicBoolean();
    AtomicInteger atWork = new AtomicInteger();
    CountDownLatch othersWork = new CountDownLatch(1);
    RoundingControl control =
        new RoundingControl() {
          @Override
          public void progress(double share) {
            stepping.set(true);
          }

          @Override
          public boolean cancelled() {
            if (!stepping.get()) {
              return false;
            }
            if (Thread.currentThread().equals(caller)) {
              await(othersWork);
              cancelled.set(true);
              return true;
            }
            atWork.incrementAndGet();
            othersWork.countDown();
            while (!returned.get() && !(cancelled.get() && waits(caller))) {
              Thread.onSpinWait();
            }
            atWork.decrementAndGet();
            return false;
          }
        };

    assertThatThrownBy(
            () -> Rounders.of(RoundingMethod.LATTICE, Effort.FAST).solve(problem, control))
        .isInstanceOf(CancellationException.class);
    int left = atWork.get();
    returned.set(true);
    assertThat(left).isZero();
  }

  private static boolean waits(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        || thread.getState() == Thread.State.TIMED_WAITING;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
