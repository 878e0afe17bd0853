package io.halfstep.rounding.refinement;

import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.OffHeapMatrix;
import java.util.ArrayList;
import java.util.List;

/** Refines some rows of one group together, so that their gradients are one matrix product. */
final class RowRefinement {
  /** The most rows that are refined together. */
  static final int ROWS = 16;

  private static final int SWEEPS = 30;
  private static final int TILE = 2048;

  private final List<RefinedRow> rows;
  private final StoredPositions positions;
  private final int k;
  private final SolverProgress progress;
  private final RefinedRow.Scratch scratch;
  private final float[] line;

  RowRefinement(List<RefinedRow> rows, StoredPositions positions, int k, SolverProgress progress) {
    this.rows = rows;
    this.positions = positions;
    this.k = k;
    this.progress = progress;
    scratch = new RefinedRow.Scratch(k, positions.count);
    line = new float[positions.count];
  }

  /** Moves weights until no row improves any more. */
  void run() {
    float[][] curvature = curvature();
    float[] gradient = new float[k];
    List<RefinedRow> open = new ArrayList<>(rows);
    try (OffHeapMatrix residuals = new OffHeapMatrix(rows.size(), positions.count);
        OffHeapMatrix gradients = new OffHeapMatrix(rows.size(), k)) {
      for (int sweep = 0; sweep < SWEEPS && !open.isEmpty(); sweep++) {
        for (int r = 0; r < rows.size(); r++) {
          rows.get(r).residuals(line);
          residuals.put(r, 0, line, 0, positions.learned);
        }
        gradients.setProductTransposed(residuals, positions.columns, positions.learned);
        for (int r = 0; r < rows.size(); r++) {
          if (!rows.get(r).isDone()) {
            progress.check();
            gradients.get(r, gradient, 0, k);
            rows.get(r).descend(gradient, curvature[r], scratch);
          }
        }
        open.removeIf(RefinedRow::isDone);
      }
    }
  }

  /** Returns {@code Σ f_a'(ŷ) x̂²} of each row, over the positions that are learned from. */
  private float[][] curvature() {
    float[][] sums = new float[rows.size()][k];
    int tile = Math.min(TILE, positions.learned);
    float[] product = new float[k];
    try (OffHeapMatrix slopes = new OffHeapMatrix(rows.size(), tile);
        OffHeapMatrix squares = new OffHeapMatrix(k, tile);
        OffHeapMatrix products = new OffHeapMatrix(rows.size(), k)) {
      for (int from = 0; from < positions.learned; from += tile) {
        progress.check();
        int width = Math.min(tile, positions.learned - from);
        for (int r = 0; r < rows.size(); r++) {
          rows.get(r).slopes(from, width, line);
          slopes.put(r, 0, line, 0, width);
        }
        for (int j = 0; j < k; j++) {
          positions.columns.get(j, from, line, 0, width);
          for (int n = 0; n < width; n++) {
            line[n] *= line[n];
          }
          squares.put(j, 0, line, 0, width);
        }
        products.setProductTransposed(slopes, squares, width);
        for (int r = 0; r < rows.size(); r++) {
          products.get(r, product, 0, k);
          for (int j = 0; j < k; j++) {
            sums[r][j] += product[j];
          }
        }
      }
    }
    return sums;
  }
}
