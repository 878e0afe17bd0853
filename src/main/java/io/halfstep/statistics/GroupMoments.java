package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** The totals of one group of a layer, and the block of columns that is yet to be added to them. */
final class GroupMoments implements AutoCloseable {
  /*
   * With P the columns x̂ and Δ the columns δ of a block, the totals are
   *   gram  += P Pᵀ (panels on and above the diagonal)
   *   cross += Z Pᵀ
   *   spread += Z Zᵀ
   * where Z = W Δ, of which only the diagonal of Z Zᵀ is wanted, or, where W has more rows than
   * columns, Z = Δ itself; W is then multiplied in at the end. Of a row in pieces only the blocks
   * of gram on the diagonal are kept, one per piece.
   */
  private static final int PANEL = 192;

  private final float[] weights;
  private final int rows;
  private final int k;
  private final boolean projected;
  private final int zRows;
  private final int panel;

  private final List<OffHeapMatrix> owned = new ArrayList<>();
  private final List<OffHeapMatrix> inputs = new ArrayList<>();
  private final List<OffHeapMatrix> deltas = new ArrayList<>();
  private final List<OffHeapMatrix> z;
  private final OffHeapMatrix weightMatrix;

  private final int pieces;
  private final int pieceSize;
  private final double[][] grams;
  private final double[] cross;
  private final double[] spread;
  private final double[] sum;
  private final double[] deltaSum;

  /**
   * @param weights of the group, {@code [rows, k]}
   * @param pieces into how many the rows are cut
   * @param slots into how many the block of columns is cut
   * @param width of a slot
   */
  GroupMoments(float[] weights, int k, int pieces, boolean studentDiffers, int slots, int width) {
    this.weights = weights;
    this.k = k;
    this.pieces = pieces;
    pieceSize = (k + pieces - 1) / pieces;
    rows = weights.length / k;
    projected = rows <= k || pieces > 1;
    zRows = !studentDiffers ? 0 : projected ? rows : k;
    int panels = (pieceSize + PANEL - 1) / PANEL;
    panel = (pieceSize + panels - 1) / panels;
    weightMatrix = own(rows, k);
    weightMatrix.put(0, 0, weights, 0, rows * k);
    List<OffHeapMatrix> projections = new ArrayList<>();
    for (int s = 0; s < slots; s++) {
      inputs.add(own(k, width));
      if (studentDiffers) {
        deltas.add(own(k, width));
        if (projected) {
          projections.add(own(rows, width));
        }
      }
    }
    z = projected ? projections : deltas;
    grams = new double[pieces][];
    for (int p = 0; p < pieces; p++) {
      grams[p] = new double[sizeOf(p) * sizeOf(p)];
    }
    cross = new double[zRows * k];
    spread = new double[projected ? zRows : zRows * zRows];
    sum = new double[k];
    deltaSum = new double[studentDiffers ? k : 0];
  }

  private int startOf(int piece) {
    return piece * pieceSize;
  }

  private int sizeOf(int piece) {
    return Math.min(k, startOf(piece + 1)) - startOf(piece);
  }

  private OffHeapMatrix own(int ofRows, int columns) {
    OffHeapMatrix matrix = new OffHeapMatrix(ofRows, columns);
    owned.add(matrix);
    return matrix;
  }

  /** Writes columns {@code [k, length]} into a slot, beginning at one of its columns. */
  void put(boolean isDelta, int slot, int column, int length, float[] columns) {
    OffHeapMatrix to = (isDelta ? deltas : inputs).get(slot);
    if (length == to.columns()) {
      to.put(0, 0, columns, 0, k * length);
    } else {
      for (int i = 0; i < k; i++) {
        to.put(i, column, columns, i * length, length);
      }
    }
  }

  /** Z = W Δ of a slot. */
  void project(int slot, int used) {
    if (projected && used > 0) {
      z.get(slot).setProduct(weightMatrix, deltas.get(slot), used);
    }
  }

  /**
   * All that adds a block to the totals; each part may run on its own thread.
   *
   * @param ones a row of ones, as wide as a slot
   */
  List<Accumulation> accumulations(OffHeapMatrix ones) {
    List<Accumulation> all = new ArrayList<>();
    for (int p = 0; p < pieces; p++) {
      int from = startOf(p);
      int size = sizeOf(p);
      List<OffHeapMatrix> piece = inputs.stream().map(m -> m.rows(from, from + size)).toList();
      products(all, piece, size, piece, size, grams[p], true);
    }
    products(all, inputs, k, List.of(ones), 1, sum, false);
    if (zRows > 0) {
      products(all, z, zRows, inputs, k, cross, false);
      products(all, deltas, k, List.of(ones), 1, deltaSum, false);
      if (projected) {
        all.add(new Accumulation.Squares(z, spread));
      } else {
        products(all, z, k, z, k, spread, true);
      }
    }
    return all;
  }

  private void products(
      List<Accumulation> to,
      List<OffHeapMatrix> a,
      int aRows,
      List<OffHeapMatrix> b,
      int bRows,
      double[] totals,
      boolean symmetric) {
    for (int i = 0; i < aRows; i += panel) {
      List<OffHeapMatrix> left = panels(a, i, Math.min(aRows, i + panel));
      for (int j = symmetric ? i : 0; j < bRows; j += panel) {
        List<OffHeapMatrix> right = panels(b, j, Math.min(bRows, j + panel));
        to.add(new Accumulation.Product(left, right, totals, i * bRows + j, bRows, panel));
      }
    }
  }

  /** Rows of each slot's matrix; one matrix may stand for all slots. */
  private List<OffHeapMatrix> panels(List<OffHeapMatrix> matrices, int from, int to) {
    List<OffHeapMatrix> views = new ArrayList<>();
    for (int s = 0; s < inputs.size(); s++) {
      views.add(matrices.get(Math.min(s, matrices.size() - 1)).rows(from, to));
    }
    return views;
  }

  void merge(GroupMoments other) {
    for (int p = 0; p < pieces; p++) {
      addTo(grams[p], other.grams[p]);
    }
    addTo(cross, other.cross);
    addTo(spread, other.spread);
    addTo(sum, other.sum);
    addTo(deltaSum, other.deltaSum);
  }

  private static void addTo(double[] to, double[] from) {
    for (int i = 0; i < to.length; i++) {
      to[i] += from[i];
    }
  }

  /**
   * Writes the totals, of symmetric ones what is on and above the diagonal, and the block.
   *
   * @param used how many columns of each slot are filled
   */
  void write(NumberWriter to, IntUnaryOperator used) throws IOException {
    for (int p = 0; p < pieces; p++) {
      for (int i = 0; i < sizeOf(p); i++) {
        to.write(grams[p], i * sizeOf(p) + i, sizeOf(p) - i);
      }
    }
    to.write(cross, 0, cross.length);
    for (int i = 0; i < spreadRows(); i++) {
      to.write(spread, spreadFrom(i), spreadTo(i) - spreadFrom(i));
    }
    to.write(sum, 0, sum.length);
    to.write(deltaSum, 0, deltaSum.length);
    for (int s = 0; s < inputs.size(); s++) {
      float[] row = new float[used.applyAsInt(s)];
      for (OffHeapMatrix matrix : block(s)) {
        for (int i = 0; i < k; i++) {
          matrix.get(i, row, 0, row.length);
          to.write(row, 0, row.length);
        }
      }
    }
  }

  /** Reads what {@link #write} wrote. */
  void read(NumberReader from, IntUnaryOperator used) throws IOException {
    for (int p = 0; p < pieces; p++) {
      for (int i = 0; i < sizeOf(p); i++) {
        from.read(grams[p], i * sizeOf(p) + i, sizeOf(p) - i);
      }
    }
    from.read(cross, 0, cross.length);
    for (int i = 0; i < spreadRows(); i++) {
      from.read(spread, spreadFrom(i), spreadTo(i) - spreadFrom(i));
    }
    from.read(sum, 0, sum.length);
    from.read(deltaSum, 0, deltaSum.length);
    for (int s = 0; s < inputs.size(); s++) {
      float[] row = new float[used.applyAsInt(s)];
      for (OffHeapMatrix matrix : block(s)) {
        for (int i = 0; i < k; i++) {
          from.read(row, 0, row.length);
          matrix.put(i, 0, row, 0, row.length);
        }
      }
    }
  }

  private List<OffHeapMatrix> block(int slot) {
    return deltas.isEmpty()
        ? List.of(inputs.get(slot))
        : List.of(inputs.get(slot), deltas.get(slot));
  }

  /** The spread is a vector or, unprojected, a symmetric matrix. */
  private int spreadRows() {
    return projected ? 1 : zRows;
  }

  private int spreadFrom(int row) {
    return row * zRows + row;
  }

  private int spreadTo(int row) {
    return (row + 1) * zRows;
  }

  /** One per piece; the totals become theirs. */
  List<Moments> moments(long positions) {
    double scale = positions == 0 ? 0 : 1.0 / positions;
    double[] fullCross = scale(cross, scale / pieces);
    double[] shift = scale(spread, scale / pieces / pieces);
    scale(sum, scale);
    scale(deltaSum, scale);
    if (zRows > 0 && !projected) {
      double[] deltaGram = mirrored(shift, k);
      double[] deltaCross = fullCross;
      fullCross = timesWeights(deltaCross);
      double[] half = timesWeights(deltaGram);
      shift = new double[rows];
      for (int i = 0; i < rows * k; i++) {
        shift[i / k] += half[i] * weights[i];
      }
    }
    List<Moments> all = new ArrayList<>();
    for (int p = 0; p < pieces; p++) {
      int from = startOf(p);
      int size = sizeOf(p);
      all.add(
          new Moments(
              size,
              positions,
              mirrored(scale(grams[p], scale), size),
              columns(fullCross, from, size),
              shift,
              columns(sum, from, size),
              columns(deltaSum, from, size)));
    }
    return all;
  }

  /** Some columns of a matrix {@code [rows, k]}. */
  private double[] columns(double[] matrix, int from, int size) {
    if (size == k) {
      return matrix;
    }
    int n = matrix.length / k;
    double[] some = new double[n * size];
    for (int r = 0; r < n; r++) {
      System.arraycopy(matrix, r * k + from, some, r * size, size);
    }
    return some;
  }

  /** {@code W M} with {@code M [k, k]}. */
  private double[] timesWeights(double[] m) {
    double[] product = new double[rows * k];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < k; i++) {
        double w = weights[r * k + i];
        for (int j = 0; j < k; j++) {
          product[r * k + j] += w * m[i * k + j];
        }
      }
    }
    return product;
  }

  private static double[] scale(double[] totals, double by) {
    for (int i = 0; i < totals.length; i++) {
      totals[i] *= by;
    }
    return totals;
  }

  /** Copies what stands above the diagonal to below it. */
  private static double[] mirrored(double[] square, int size) {
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < i; j++) {
        square[i * size + j] = square[j * size + i];
      }
    }
    return square;
  }

  @Override
  public void close() {
    owned.forEach(OffHeapMatrix::close);
  }
}
