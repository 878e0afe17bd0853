package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The totals of one group of a layer. */
final class GroupMoments {
  /*
   * With P the columns x̂ and Δ the columns δ of a block, the totals are
   *   gram  += P Pᵀ (on and above the diagonal)
   *   cross += Z Pᵀ
   *   spread += Z Zᵀ
   * where Z = W Δ, of which only the diagonal of Z Zᵀ is wanted, or, where W has more rows than
   * columns, Z = Δ itself; W is then multiplied in at the end. For a row in pieces, only the
   * diagonal blocks of gram are kept, one per piece.
   */
  private final float[] weights;
  private final int rows;
  private final int k;
  private final int tile;
  private final boolean projected;
  private final int zRows;
  private final int pieceSize;

  private final List<SymmetricTotals> grams = new ArrayList<>();
  private final double[] cross;
  private final double[] squares;
  private final SymmetricTotals spread;
  private final double[] sum;
  private final double[] deltaSum;

  /**
   * Creates totals of zero.
   *
   * @param weights of the group, {@code [rows, k]}
   * @param pieces the number of pieces of each row
   * @param tile the size of the totals' tiles
   */
  GroupMoments(float[] weights, int k, int pieces, int tile, boolean studentDiffers) {
    this.weights = weights;
    this.k = k;
    this.tile = tile;
    pieceSize = (k + pieces - 1) / pieces;
    rows = weights.length / k;
    projected = isProjected(rows, k, pieces);
    zRows = !studentDiffers ? 0 : projected ? rows : k;
    for (int from = 0; from < k; from += pieceSize) {
      grams.add(new SymmetricTotals(sizeOf(from), tile));
    }
    cross = new double[zRows * k];
    squares = new double[projected ? zRows : 0];
    spread = new SymmetricTotals(projected ? 0 : zRows, tile);
    sum = new double[k];
    deltaSum = new double[studentDiffers ? k : 0];
  }

  /** Returns whether Z = W Δ rather than Δ. */
  static boolean isProjected(int rows, int k, int pieces) {
    return rows <= k || pieces > 1;
  }

  private int sizeOf(int pieceFrom) {
    return Math.min(pieceSize, k - pieceFrom);
  }

  /**
   * Returns the tasks that add a block to the totals.
   *
   * @param inputs x̂ of each slot, {@code [k, width]}
   * @param deltas δ likewise; none where the student doesn't differ
   * @param z Z of each slot; none likewise
   * @param ones a row of ones, as wide as a slot
   */
  List<Tile> tiles(
      List<OffHeapMatrix> inputs,
      List<OffHeapMatrix> deltas,
      List<OffHeapMatrix> z,
      OffHeapMatrix ones) {
    List<Tile> all = new ArrayList<>();
    for (int p = 0; p < grams.size(); p++) {
      all.addAll(grams.get(p).tiles(rows(inputs, p * pieceSize, sizeOf(p * pieceSize))));
    }
    List<OffHeapMatrix> allOnes = inputs.stream().map(slot -> ones).toList();
    products(all, inputs, k, allOnes, 1, sum);
    if (zRows > 0) {
      products(all, z, zRows, inputs, k, cross);
      products(all, deltas, k, allOnes, 1, deltaSum);
      if (projected) {
        squares(all, z);
      } else {
        all.addAll(spread.tiles(z));
      }
    }
    return all;
  }

  private void products(
      List<Tile> to,
      List<OffHeapMatrix> a,
      int aRows,
      List<OffHeapMatrix> b,
      int bRows,
      double[] totals) {
    for (int i = 0; i < aRows; i += tile) {
      List<OffHeapMatrix> left = rows(a, i, Math.min(tile, aRows - i));
      for (int j = 0; j < bRows; j += tile) {
        List<OffHeapMatrix> right = rows(b, j, Math.min(tile, bRows - j));
        to.add(
            new Tile(
                a.size(),
                totals,
                i * bRows + j,
                bRows,
                left.get(0).rows(),
                right.get(0).rows(),
                false,
                (sum, slot, columns) ->
                    sum.setProductTransposed(left.get(slot), right.get(slot), columns)));
      }
    }
  }

  private void squares(List<Tile> to, List<OffHeapMatrix> z) {
    for (int i = 0; i < rows; i += tile) {
      List<OffHeapMatrix> some = rows(z, i, Math.min(tile, rows - i));
      to.add(
          new Tile(
              z.size(),
              squares,
              i,
              1,
              some.get(0).rows(),
              1,
              false,
              (sum, slot, columns) -> sum.setSquares(some.get(slot), columns)));
    }
  }

  private static List<OffHeapMatrix> rows(List<OffHeapMatrix> slots, int from, int count) {
    return slots.stream().map(m -> m.rows(from, from + count)).toList();
  }

  void merge(GroupMoments other) {
    for (int p = 0; p < grams.size(); p++) {
      grams.get(p).merge(other.grams.get(p));
    }
    addTo(cross, other.cross);
    addTo(squares, other.squares);
    spread.merge(other.spread);
    addTo(sum, other.sum);
    addTo(deltaSum, other.deltaSum);
  }

  private static void addTo(double[] to, double[] from) {
    for (int i = 0; i < to.length; i++) {
      to[i] += from[i];
    }
  }

  /** Writes the totals; of symmetric ones, the upper triangle. */
  void write(NumberWriter to) throws IOException {
    for (SymmetricTotals gram : grams) {
      gram.write(to);
    }
    to.write(cross, 0, cross.length);
    to.write(squares, 0, squares.length);
    spread.write(to);
    to.write(sum, 0, sum.length);
    to.write(deltaSum, 0, deltaSum.length);
  }

  /** Reads what {@link #write} wrote. */
  void read(NumberReader from) throws IOException {
    for (SymmetricTotals gram : grams) {
      gram.read(from);
    }
    from.read(cross, 0, cross.length);
    from.read(squares, 0, squares.length);
    spread.read(from);
    from.read(sum, 0, sum.length);
    from.read(deltaSum, 0, deltaSum.length);
  }

  /**
   * Returns {@code Σ (e x̂)²} over the positions, added over some rows and their pieces.
   *
   * @param rows {@code [rows, k]}
   */
  double squares(float[] rows) {
    double sum = 0;
    for (int p = 0; p < grams.size(); p++) {
      sum += grams.get(p).quadratic(rows, k, p * pieceSize);
    }
    return sum;
  }

  /** Writes the totals of the student's inputs alone: their products and sums. */
  void writeInputs(NumberWriter to) throws IOException {
    for (SymmetricTotals gram : grams) {
      gram.write(to);
    }
    to.write(sum, 0, sum.length);
  }

  /** Adds what {@link #writeInputs} wrote, times a weight. */
  void addInputs(NumberReader from, double weight) throws IOException {
    for (SymmetricTotals gram : grams) {
      gram.add(from, weight);
    }
    double[] earlier = new double[k];
    from.read(earlier, 0, k);
    addTo(sum, scale(earlier, weight));
  }

  /** Returns the moments, one per piece, which take over the totals. */
  List<Moments> moments(long positions) {
    double scale = positions == 0 ? 0 : 1.0 / positions;
    int pieces = grams.size();
    double[] fullCross = scale(cross, scale / pieces);
    double[] shift = scale(squares, scale / pieces / pieces);
    scale(sum, scale);
    scale(deltaSum, scale);
    if (zRows > 0 && !projected) {
      double[] half = timesWeights(spread.expand(scale));
      shift = new double[rows];
      for (int i = 0; i < rows * k; i++) {
        shift[i / k] += half[i] * weights[i];
      }
      fullCross = timesWeights(fullCross);
    }
    List<Moments> all = new ArrayList<>();
    for (int p = 0; p < pieces; p++) {
      int from = p * pieceSize;
      int size = sizeOf(from);
      all.add(
          new Moments(
              size,
              positions,
              grams.get(p).expand(scale),
              columns(fullCross, from, size),
              shift,
              columns(sum, from, size),
              columns(deltaSum, from, size)));
    }
    return all;
  }

  /** Returns some columns of a matrix {@code [rows, k]}. */
  private double[] columns(double[] matrix, int from, int size) {
    if (size == k) {
      return matrix;
    }
    double[] some = new double[matrix.length / k * size];
    for (int r = 0; r < matrix.length / k; r++) {
      System.arraycopy(matrix, r * k + from, some, r * size, size);
    }
    return some;
  }

  /** {@code W M} with {@code M [k, k]}. */
  private double[] timesWeights(double[] m) {
    double[] product = new double[rows * k];
    IntStream.range(0, rows)
        .parallel()
        .forEach(
            r -> {
              for (int i = 0; i < k; i++) {
                double w = weights[r * k + i];
                for (int j = 0; j < k; j++) {
                  product[r * k + j] += w * m[i * k + j];
                }
              }
            });
    return product;
  }

  private static double[] scale(double[] totals, double by) {
    Arrays.setAll(totals, i -> totals[i] * by);
    return totals;
  }
}
