package io.halfstep.rounding.solver;

import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.tensor.ClipFunction;
import java.util.ArrayList;
import java.util.List;

/**
 * Rounds rows that are cut into pieces, one piece after the other. It minimises the bound {@code n
 * Σᵢ Lᵢ} of {@link io.halfstep.statistics.Moments}.
 */
final class PiecewiseRounder implements Rounder {
  private final Rounder ofRows;
  private final Rounder ofPieces;

  PiecewiseRounder(Rounder rounder) {
    ofRows = rounder;
    ofPieces = rounder.ofPieces();
  }

  @Override
  public boolean usesSamples(ClipFunction activation) {
    return ofRows.usesSamples(activation);
  }

  @Override
  public Rounder ofPieces() {
    return ofPieces;
  }

  @Override
  public RoundingSolution solve(RoundingProblem problem, RoundingControl control) {
    int pieces = problem.pieces();
    if (pieces == 1) {
      return ofRows.solve(problem, control);
    }
    List<RoundingSolution> solutions = new ArrayList<>();
    for (int p = 0; p < pieces; p++) {
      solutions.add(ofPieces.solve(problem.piece(p), control.part(p, pieces)));
    }
    return joined(problem, solutions);
  }

  private static RoundingSolution joined(
      RoundingProblem problem, List<RoundingSolution> solutions) {
    int k = problem.k();
    int[] integers = new int[problem.out() * k];
    double loss = 0;
    double nearestLoss = 0;
    int flips = 0;
    int from = 0;
    for (RoundingSolution solution : solutions) {
      QuantizedWeight piece = solution.weight();
      int[] own = piece.integers();
      for (int r = 0; r < problem.out(); r++) {
        System.arraycopy(own, r * piece.k(), integers, r * k + from, piece.k());
      }
      from += piece.k();
      loss += solution.loss();
      nearestLoss += solution.nearestLoss();
      flips += solution.flips();
    }
    return new RoundingSolution(
        new QuantizedWeight(integers, problem.out(), k, problem.encoding()),
        loss * solutions.size(),
        nearestLoss * solutions.size(),
        flips,
        0);
  }
}
