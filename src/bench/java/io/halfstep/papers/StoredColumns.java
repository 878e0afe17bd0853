package io.halfstep.papers;

import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;

/**
 * Patches of inputs that are columns already, {@code [1, groups · k, positions]}: what is read many
 * times is extracted once.
 */
record StoredColumns(int groups, int k) implements Patches {
  /**
   * Extracts the columns of one sample.
   *
   * @param sample {@code [1, dims…]}
   * @param index its number in the stream
   */
  static Tensor of(Patches patches, Tensor sample, long index) {
    Patches.Columns columns = patches.columns(sample.shape(), index);
    int height = patches.groups() * patches.k();
    float[] values = new float[height * columns.positions()];
    columns.extract(sample.floats(), 0, height, 0, columns.positions(), values);
    return Tensor.of(values, 1, height, columns.positions());
  }

  @Override
  public boolean keepsFirstAxis(int rank) {
    return true;
  }

  @Override
  public Columns columns(long[] shape, long firstSample) {
    return new Stored(Math.toIntExact(shape[2]));
  }

  private record Stored(int positions) implements Columns {
    @Override
    public void extract(float[] input, int row, int rows, int from, int count, float[] to) {
      for (int i = 0; i < rows; i++) {
        System.arraycopy(input, (row + i) * positions + from, to, i * count, count);
      }
    }
  }
}
