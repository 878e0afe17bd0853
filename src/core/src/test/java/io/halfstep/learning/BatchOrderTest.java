package io.halfstep.learning;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BatchOrderTest {
  private static final int PARTS = 2;
  private static final int MOST = 4;

  private static SampleGroup group(int count) {
    SampleGroup group = new SampleGroup(Map.of());
    for (int i = 0; i < count; i++) {
      group.add(Map.of("x", Tensor.of(new float[] {i}, 1)), null);
    }
    return group;
  }

  private static BatchOrder order(List<SampleGroup> groups) {
    return new BatchOrder(groups, PARTS, MOST, new SplittableRandom(3));
  }

  @Test
  void everySampleIsInAsManyBatches() {
    List<SampleGroup> groups = List.of(group(1), group(3), group(8), group(30));
    BatchOrder order = order(groups);
    Map<SampleGroup, int[]> times = new HashMap<>();
    groups.forEach(group -> times.put(group, new int[group.count()]));
    for (int i = 0; i < 2000; i++) {
      BatchOrder.Batch batch = order.next();
      int part = Math.max(1, Math.min(MOST, batch.group().count() / PARTS));
      assertThat(batch.parts()).hasSize(PARTS).allMatch(chosen -> chosen.length == part);
      batch
          .parts()
          .forEach(part1 -> Arrays.stream(part1).forEach(s -> times.get(batch.group())[s]++));
    }
    int[] all = times.values().stream().flatMapToInt(Arrays::stream).sorted().toArray();
    assertThat(all[all.length - 1] - all[0]).isLessThanOrEqualTo(3);
  }

  @Test
  void eachBatchOfAPermutationHasOthers() {
    BatchOrder order = order(List.of(group(16)));
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 2; i++) {
      order.next().parts().forEach(part -> Arrays.stream(part).forEach(seen::add));
    }
    assertThat(seen).hasSize(16);
  }
}
