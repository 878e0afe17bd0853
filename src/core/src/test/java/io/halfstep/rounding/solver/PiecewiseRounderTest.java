package io.halfstep.rounding.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.rounding.Problems;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.statistics.Moments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PiecewiseRounderTest {
  private static final int GROUPS = 2;
  private static final int ROWS = 3;
  private static final int[] PIECES = {5, 5, 2};

  /** Pieces of unequal length with moments that have nothing to do with each other. */
  private static RoundingProblem problem(int... pieces) {
    return problem(Problems.Scales.CHANNEL, pieces);
  }

  private static RoundingProblem problem(Problems.Scales scales, int... pieces) {
    List<List<Moments>> perPiece = new ArrayList<>();
    for (int p = 0; p < pieces.length; p++) {
      perPiece.add(
          new Problems(
                  GROUPS,
                  ROWS,
                  pieces[p],
                  4,
                  Problems.Data.CORRELATED,
                  true,
                  Problems.Scales.CHANNEL)
              .problem(p)
              .moments());
    }
    List<Moments> moments = new ArrayList<>();
    for (int g = 0; g < GROUPS; g++) {
      for (List<Moments> piece : perPiece) {
        moments.add(piece.get(g));
      }
    }
    RoundingProblem whole =
        new Problems(
                GROUPS,
                ROWS,
                Arrays.stream(pieces).sum(),
                4,
                Problems.Data.CORRELATED,
                true,
                scales)
            .problem(9);
    return new RoundingProblem(
        whole.weights(), whole.out(), whole.k(), whole.encoding(), moments, 1);
  }

  @ParameterizedTest
  @EnumSource(RoundingMethod.class)
  void solvesEachPieceAsTheSolverWould(RoundingMethod method) {
    solvesEachPieceAsTheSolverWould(method, Problems.Scales.CHANNEL);
  }

  /** A piece begins within a block. */
  @ParameterizedTest
  @EnumSource(RoundingMethod.class)
  void solvesEachPieceOfBlocksAsTheSolverWould(RoundingMethod method) {
    solvesEachPieceAsTheSolverWould(method, Problems.Scales.ASYMMETRIC_BLOCKS);
  }

  private static void solvesEachPieceAsTheSolverWould(
      RoundingMethod method, Problems.Scales scales) {
    RoundingProblem problem = problem(scales, PIECES);
    assertThat(problem.pieces()).isEqualTo(3);
    assertThat(problem.rowsPerGroup()).isEqualTo(ROWS);

    RoundingSolution solution = Rounders.of(method).solve(problem, RoundingControl.NONE);

    RoundingMethod onMoments =
        method == RoundingMethod.ADAROUND_SAMPLES ? RoundingMethod.ADAROUND : method;
    double loss = 0;
    double nearestLoss = 0;
    int flips = 0;
    int from = 0;
    for (int p = 0; p < PIECES.length; p++) {
      RoundingProblem piece = problem.piece(p);
      RoundingSolution own = Rounders.of(onMoments).solve(piece, RoundingControl.NONE);
      for (int r = 0; r < problem.out(); r++) {
        int at = r * problem.k() + from;
        assertThat(Arrays.copyOfRange(problem.weights(), at, at + PIECES[p]))
            .containsExactly(
                Arrays.copyOfRange(piece.weights(), r * PIECES[p], (r + 1) * PIECES[p]));
        assertThat(Arrays.copyOfRange(solution.weight().dequantize(), at, at + PIECES[p]))
            .containsExactly(
                Arrays.copyOfRange(own.weight().dequantize(), r * PIECES[p], (r + 1) * PIECES[p]));
        assertThat(Arrays.copyOfRange(solution.weight().integers(), at, at + PIECES[p]))
            .containsExactly(
                Arrays.copyOfRange(own.weight().integers(), r * PIECES[p], (r + 1) * PIECES[p]));
      }
      from += PIECES[p];
      loss += 3 * own.loss();
      nearestLoss += 3 * own.nearestLoss();
      flips += own.flips();
    }
    assertThat(solution.loss()).isCloseTo(loss, within(1e-9 * loss));
    assertThat(solution.nearestLoss()).isCloseTo(nearestLoss, within(1e-9 * nearestLoss));
    assertThat(solution.flips()).isEqualTo(flips);
    assertThat(solution.weight().encoding()).isSameAs(problem.encoding());
  }

  @Test
  void progressGoesOnceFromNothingToAll() {
    List<Double> shares = new ArrayList<>();
    Rounders.of(RoundingMethod.NEAREST)
        .solve(
            problem(PIECES),
            new RoundingControl() {
              @Override
              public void progress(double share) {
                synchronized (shares) {
                  shares.add(share);
                }
              }
            });
    assertThat(shares).allSatisfy(share -> assertThat(share).isBetween(0.0, 1.0)).contains(1.0);
    assertThat(shares.stream().filter(share -> share > 1 / 3.0)).hasSizeGreaterThan(10);
  }

  @Test
  void stopsWhenToldTo() {
    RoundingControl cancelled =
        new RoundingControl() {
          @Override
          public boolean cancelled() {
            return true;
          }
        };
    assertThatThrownBy(() -> Rounders.of(RoundingMethod.LATTICE).solve(problem(PIECES), cancelled))
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void refusesPiecesThatDoNotMakeUpARow() {
    RoundingProblem whole = problem(6);
    assertThatThrownBy(
            () ->
                new RoundingProblem(
                    whole.weights(), whole.out(), 6, whole.encoding(), problem(4, 3).moments(), 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
