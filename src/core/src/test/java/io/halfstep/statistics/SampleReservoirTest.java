package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.statistics.SampleReservoir.Sample;
import io.halfstep.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class SampleReservoirTest {
  private static Tensor numbers(int from, int count) {
    float[] values = new float[count * 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = from + i / 2;
    }
    return Tensor.of(values, count, 2);
  }

  private static Tensor negated(Tensor x) {
    float[] values = x.floats().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = -values[i];
    }
    return Tensor.of(values, x.shape());
  }

  private static void add(SampleReservoir reservoir, int from, int count) {
    Tensor teacher = numbers(from, count);
    reservoir.add(from, teacher, negated(teacher));
  }

  private static List<Long> indices(SampleReservoir reservoir) {
    return reservoir.samples().stream().map(Sample::index).toList();
  }

  @Test
  void keepsEverythingThatFits() {
    SampleReservoir reservoir = new SampleReservoir(10 * 16, 1);
    add(reservoir, 0, 4);
    add(reservoir, 4, 6);
    assertThat(indices(reservoir)).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
    Sample sample = reservoir.samples().get(7);
    assertThat(sample.teacher().floats()).containsExactly(7, 7);
    assertThat(sample.student().floats()).containsExactly(-7, -7);
    assertThat(sample.teacher().shape()).containsExactly(1, 2);
  }

  @Test
  void drawDependsOnSeedButNotOnCutsOrOrder() {
    SampleReservoir whole = new SampleReservoir(20 * 16, 1);
    add(whole, 0, 1000);
    assertThat(indices(whole)).hasSize(20);

    SampleReservoir backwards = new SampleReservoir(20 * 16, 1);
    for (int at = 990; at >= 0; at -= 10) {
      add(backwards, at, 10);
    }
    assertThat(indices(backwards)).isEqualTo(indices(whole));

    SampleReservoir other = new SampleReservoir(20 * 16, 2);
    add(other, 0, 1000);
    assertThat(indices(other)).isNotEqualTo(indices(whole));
  }

  @Test
  void mergedIsWhole() {
    SampleReservoir whole = new SampleReservoir(20 * 16, 1);
    add(whole, 0, 500);
    SampleReservoir first = new SampleReservoir(20 * 16, 1);
    add(first, 0, 130);
    SampleReservoir second = new SampleReservoir(20 * 16, 1);
    add(second, 130, 370);
    first.merge(second);
    assertThat(indices(first)).isEqualTo(indices(whole));
  }

  @Test
  void drawIsUniform() {
    int[] count = new int[50];
    for (int seed = 0; seed < 2000; seed++) {
      SampleReservoir reservoir = new SampleReservoir(10 * 16, seed);
      add(reservoir, 0, 50);
      indices(reservoir).forEach(i -> count[i.intValue()]++);
    }
    for (int c : count) {
      // 2000 draws at 1/5: six standard deviations
      assertThat(c).isBetween(400 - 108, 400 + 108);
    }
  }

  @Test
  void sharedTensorsAreStoredOnce() {
    SampleReservoir reservoir = new SampleReservoir(10 * 8, 1);
    Tensor x = numbers(0, 100);
    reservoir.add(0, x, x);
    assertThat(reservoir.samples()).hasSize(10);
    assertThat(reservoir.samples()).allMatch(s -> s.teacher() == s.student());
  }

  @Test
  void goesOnFromWhatItHeld() {
    SampleReservoir whole = new SampleReservoir(20 * 16, 1);
    add(whole, 0, 1000);
    SampleReservoir first = new SampleReservoir(20 * 16, 1);
    add(first, 0, 400);
    SampleReservoir second = SampleReservoir.of(20 * 16, 1, first.bound(), first.samples());
    assertThat(indices(second)).isEqualTo(indices(first));
    add(second, 400, 600);
    assertThat(indices(second)).isEqualTo(indices(whole));
    assertThat(second.bound()).isEqualTo(whole.bound());
  }
}
