package io.halfstep.learning;

import java.util.SplittableRandom;

/** All samples in random order, and again in another one. */
final class SampleOrder {
  private final int[] permutation;
  private final SplittableRandom random;
  private int next;

  SampleOrder(int samples, SplittableRandom random) {
    this.permutation = new int[samples];
    this.random = random;
    this.next = samples;
    for (int i = 0; i < samples; i++) {
      permutation[i] = i;
    }
  }

  /** Returns the next samples. */
  int[] next(int count) {
    int[] chosen = new int[count];
    for (int i = 0; i < count; i++) {
      if (next == permutation.length) {
        shuffle();
        next = 0;
      }
      chosen[i] = permutation[next++];
    }
    return chosen;
  }

  private void shuffle() {
    for (int i = permutation.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int swapped = permutation[i];
      permutation[i] = permutation[other];
      permutation[other] = swapped;
    }
  }
}
