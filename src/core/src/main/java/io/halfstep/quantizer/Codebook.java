package io.halfstep.quantizer;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The levels of a weight by their indices, in units of its scale: one table for all rows, or one
 * for each. Levels ascend within a table. In product quantization, a level is a vector: consecutive
 * weights of a row, from its first on, share an index; the last vector of a row may be cut off.
 */
public final class Codebook {
  private static final int MOST = 256;

  private final WeightLevels levels;
  private final int tables;
  private final int size;
  private final float[] values;

  /**
   * Creates a codebook.
   *
   * @param levels how they were chosen
   * @param tables 1, or the number of rows
   * @param values {@code [tables, size, dimension]}, row-major
   * @throws IllegalArgumentException if the sizes don't fit each other, there are more than 256
   *     levels, a value is not finite, or levels don't ascend
   */
  public Codebook(WeightLevels levels, int tables, float[] values) {
    this.levels = levels;
    this.tables = tables;
    this.size = tables < 1 ? 0 : values.length / tables / levels.dimension();
    this.values = values.clone();
    if (size < 2 || size > MOST || values.length != tables * size * levels.dimension()) {
      throw new IllegalArgumentException(
          "%d values in %d tables of %s".formatted(values.length, tables, levels.label()));
    }
    for (int i = 0; i < values.length; i++) {
      boolean ascends = isVectors() || i % size == 0 || values[i] >= values[i - 1];
      if (!Float.isFinite(values[i]) || !ascends) {
        throw new IllegalArgumentException("level " + values[i] + " at " + i);
      }
    }
  }

  /** Returns how the levels were chosen. */
  public WeightLevels levels() {
    return levels;
  }

  /** Returns the number of tables: 1, or one per row. */
  public int tables() {
    return tables;
  }

  /** Returns the number of levels of a table. */
  public int size() {
    return size;
  }

  /** Returns how many weights one index stands for. */
  public int dimension() {
    return levels.dimension();
  }

  /** Returns whether an index stands for several weights. */
  public boolean isVectors() {
    return dimension() > 1;
  }

  /** Returns all values, {@code [tables, size, dimension]}. */
  public float[] values() {
    return values.clone();
  }

  /** Returns the table of a row, {@code [size, dimension]}. */
  public float[] table(int row) {
    int length = size * dimension();
    return Arrays.copyOfRange(values, table(row, 0), table(row, 0) + length);
  }

  private int table(int row, int index) {
    return ((tables == 1 ? 0 : row) * size + index) * dimension();
  }

  /** Returns what an index stands for at a place, in units of the scale. */
  public float value(int row, int column, int index) {
    return values[table(row, index) + column % dimension()];
  }

  /**
   * Rounds a row to the nearest levels; of two that are equally near, to the first.
   *
   * @param weights holds the row's real weights from {@code at} on
   * @param scales of the row's inputs, {@code [K]}
   * @param indices receives the row's indices, from {@code to} on
   */
  public void nearest(int row, float[] weights, int at, float[] scales, int[] indices, int to) {
    int k = scales.length;
    for (int from = 0; from < k; from += dimension()) {
      int end = Math.min(k, from + dimension());
      int best =
          isVectors()
              ? nearestVector(row, weights, at, scales, from, end)
              : nearest(row, weights[at + from] / scales[from]);
      Arrays.fill(indices, to + from, to + end, best);
    }
  }

  private int nearestVector(int row, float[] weights, int at, float[] scales, int from, int end) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int index = 0; index < size; index++) {
      double distance = 0;
      for (int j = from; j < end; j++) {
        double d = weights[at + j] - scales[j] * value(row, j, index);
        distance += d * d;
      }
      if (distance < least) {
        least = distance;
        best = index;
      }
    }
    return best;
  }

  /**
   * Returns the index of the level of a row nearest to {@code x}, which is in units of the scale.
   */
  public int nearest(int row, float x) {
    int from = table(row, 0);
    int place = Arrays.binarySearch(values, from, from + size, x);
    if (place >= 0) {
      return place - from;
    }
    int above = -place - 1;
    if (above == from || above == from + size) {
      return above == from ? 0 : size - 1;
    }
    return (x - values[above - 1] <= values[above] - x ? above - 1 : above) - from;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Codebook that
        && levels.equals(that.levels)
        && tables == that.tables
        && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Objects.hash(levels, tables, Arrays.hashCode(values));
  }

  @Override
  public String toString() {
    return "%s, %d levels".formatted(levels.label(), size);
  }
}
