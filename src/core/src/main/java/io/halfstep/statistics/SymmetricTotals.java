package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Totals of a symmetric matrix in square tiles. Tiles on and above the diagonal are kept, row by
 * row: {@code 4 size (size + tile)} bytes.
 */
final class SymmetricTotals {
  private interface Rows {
    void take(double[] tile, int from, int count) throws IOException;
  }

  private final int size;
  private final int tile;
  private final int perRow;
  private final double[][] tiles;

  /**
   * Creates totals of zero.
   *
   * @param size of the matrix
   * @param tile the size of a tile
   */
  SymmetricTotals(int size, int tile) {
    this.size = size;
    this.tile = tile;
    perRow = (size + tile - 1) / tile;
    tiles = new double[perRow * (perRow + 1) / 2][];
    for (int i = 0; i < perRow; i++) {
      for (int j = i; j < perRow; j++) {
        tiles[number(i, j)] = new double[sizeOf(i) * sizeOf(j)];
      }
    }
  }

  private int number(int i, int j) {
    return i * perRow - i * (i + 1) / 2 + j;
  }

  private int sizeOf(int i) {
    return Math.min(tile, size - i * tile);
  }

  /**
   * Returns the tasks that add the product {@code A Aᵀ} of each slot's {@code A [size, columns]}.
   */
  List<Tile> tiles(List<OffHeapMatrix> slots) {
    List<Tile> all = new ArrayList<>();
    for (int i = 0; i < perRow; i++) {
      List<OffHeapMatrix> a = rows(slots, i);
      for (int j = i; j < perRow; j++) {
        List<OffHeapMatrix> b = rows(slots, j);
        boolean upper = i == j;
        Tile.Product product =
            upper
                ? (to, slot, columns) -> to.setSquare(a.get(slot), columns)
                : (to, slot, columns) -> to.setProductTransposed(a.get(slot), b.get(slot), columns);
        double[] totals = tiles[number(i, j)];
        all.add(new Tile(slots.size(), totals, 0, sizeOf(j), sizeOf(i), sizeOf(j), upper, product));
      }
    }
    return all;
  }

  private List<OffHeapMatrix> rows(List<OffHeapMatrix> slots, int i) {
    return slots.stream().map(m -> m.rows(i * tile, i * tile + sizeOf(i))).toList();
  }

  void merge(SymmetricTotals other) {
    for (int t = 0; t < tiles.length; t++) {
      for (int i = 0; i < tiles[t].length; i++) {
        tiles[t][i] += other.tiles[t][i];
      }
    }
  }

  /** Writes the upper triangle, row-major. */
  void write(NumberWriter to) throws IOException {
    eachRow(to::write);
  }

  /** Reads what {@link #write} wrote. */
  void read(NumberReader from) throws IOException {
    eachRow(from::read);
  }

  /** Adds what {@link #write} wrote, times a weight. */
  void add(NumberReader from, double weight) throws IOException {
    double[] row = new double[tile];
    eachRow(
        (totals, at, count) -> {
          from.read(row, 0, count);
          for (int i = 0; i < count; i++) {
            totals[at + i] += weight * row[i];
          }
        });
  }

  /**
   * Returns {@code Σ e M eᵀ} over some rows.
   *
   * @param rows of any length; each e is the part of one that begins at {@code from}
   * @param length of a row
   */
  double quadratic(float[] rows, int length, int from) {
    return IntStream.range(0, rows.length / length)
        .parallel()
        .mapToDouble(row -> quadraticOf(rows, row * length + from))
        .boxed() // added in order, unlike sum()
        .toList()
        .stream()
        .reduce(0.0, Double::sum);
  }

  private double quadraticOf(float[] e, int from) {
    double sum = 0;
    for (int i = 0; i < perRow; i++) {
      for (int j = i; j < perRow; j++) {
        double[] values = tiles[number(i, j)];
        for (int r = 0; r < sizeOf(i); r++) {
          double left = e[from + i * tile + r];
          double dot = i == j ? 0.5 * left * values[r * sizeOf(j) + r] : 0;
          for (int c = i == j ? r + 1 : 0; c < sizeOf(j); c++) {
            dot += values[r * sizeOf(j) + c] * e[from + j * tile + c];
          }
          sum += 2 * left * dot;
        }
      }
    }
    return sum;
  }

  private void eachRow(Rows rows) throws IOException {
    for (int row = 0; row < size; row++) {
      int i = row / tile;
      for (int j = i; j < perRow; j++) {
        int first = j == i ? row % tile : 0;
        rows.take(tiles[number(i, j)], row % tile * sizeOf(j) + first, sizeOf(j) - first);
      }
    }
  }

  /** Returns the whole matrix, row-major, times a factor, and frees the totals. */
  double[] expand(double scale) {
    double[] whole = new double[size * size];
    IntStream.range(0, perRow)
        .parallel()
        .forEach(
            i -> {
              for (int j = i; j < perRow; j++) {
                expand(i, j, scale, whole);
                tiles[number(i, j)] = new double[0];
              }
            });
    return whole;
  }

  private void expand(int i, int j, double scale, double[] whole) {
    double[] values = tiles[number(i, j)];
    for (int r = 0; r < sizeOf(i); r++) {
      int row = i * tile + r;
      for (int c = i == j ? r : 0; c < sizeOf(j); c++) {
        int column = j * tile + c;
        double value = values[r * sizeOf(j) + c] * scale;
        whole[row * size + column] = value;
        whole[column * size + row] = value;
      }
    }
  }
}
