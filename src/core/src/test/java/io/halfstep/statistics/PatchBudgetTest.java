package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.ConvolutionPatches;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.ThreeByThree;
import org.junit.jupiter.api.Test;

class PatchBudgetTest {
  private static final long[] SHAPE = {1, 4, 100, 100};

  private final ConvolutionPatches patches = ThreeByThree.patches(4, 1);

  @Test
  void leavesEnoughForEveryWeight() {
    for (long samples : new long[] {1, 3, 10, 64, 1000, 1_000_000}) {
      Patches thinned = PatchBudget.of(patches, samples);
      long all = samples * 100 * 100;

      assertThat(samples * thinned.columns(SHAPE).positions())
          .isBetween(Math.min(all, 256L * patches.k()), Math.min(all, 256L * 36 + samples * 100));
    }
  }

  @Test
  void leavesAllWhereTheNumberOfSamplesIsNotKnown() {
    assertThat(PatchBudget.of(patches, 0)).isSameAs(patches);
  }
}
