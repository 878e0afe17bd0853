package io.halfstep.statistics;

import io.halfstep.tensor.Patches;

/** Samples are rows {@code [groups, k]}; each is one position. */
record Rows(int groups, int k) implements Patches {
  @Override
  public boolean keepsFirstAxis(int rank) {
    return true;
  }

  @Override
  public Columns columns(long[] inputShape, long firstSample) {
    return new All(groups * k, (int) inputShape[0]);
  }

  private record All(int width, int positions) implements Columns {
    @Override
    public void extract(float[] input, int row, int rows, int from, int count, float[] to) {
      for (int r = 0; r < rows; r++) {
        for (int n = 0; n < count; n++) {
          to[r * count + n] = input[(from + n) * width + row + r];
        }
      }
    }
  }
}
