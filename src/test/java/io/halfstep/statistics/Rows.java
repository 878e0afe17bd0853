package io.halfstep.statistics;

import io.halfstep.tensor.Patches;

/** Samples are rows {@code [groups, k]}; each is one position. */
record Rows(int groups, int k) implements Patches {
  @Override
  public int positions(long[] inputShape) {
    return (int) inputShape[0];
  }

  @Override
  public void extract(float[] input, long[] shape, int group, int from, int count, float[] to) {
    for (int i = 0; i < k; i++) {
      for (int n = 0; n < count; n++) {
        to[i * count + n] = input[((from + n) * groups + group) * k + i];
      }
    }
  }
}
