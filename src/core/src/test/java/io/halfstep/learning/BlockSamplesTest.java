package io.halfstep.learning;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockSamplesTest {
  private static final int ALL = 60;
  private static final int BYTES_OF_ONE = 2 * Float.BYTES;

  /** Sample i of x holds i, and −i. */
  private static List<SampleGroup> samples(int batch, long bytes, long seed) {
    BlockSamples samples = new BlockSamples(bytes, seed);
    for (int from = 0; from < ALL; from += batch) {
      int count = Math.min(batch, ALL - from);
      float[] x = new float[2 * count];
      for (int i = 0; i < count; i++) {
        x[2 * i] = from + i;
        x[2 * i + 1] = -(from + i);
      }
      Tensor table = Tensor.of(new float[] {1, 2, 3}, 1, 3);
      samples.add(count, Map.of("x", Tensor.of(x, count, 2), "table", table), null);
    }
    return samples.groups();
  }

  /** Returns what is stored of x, by groups. */
  private static List<float[]> stored(List<SampleGroup> groups) {
    return groups.stream()
        .map(group -> group.batch("x", IntStream.range(0, group.count()).toArray()).floats())
        .toList();
  }

  @Test
  void allAreStoredWhereThereIsRoom() {
    List<SampleGroup> groups = samples(7, 1 << 20, 3);

    assertThat(groups).hasSize(1);
    SampleGroup group = groups.get(0);
    assertThat(group.count()).isEqualTo(ALL);
    assertThat(group.batch("x", new int[] {5, 2}).floats()).containsExactly(5, -5, 2, -2);
    assertThat(group.energy("x", new OutputWeights(Map.of())))
        .isEqualTo(ALL * (ALL - 1) * (2 * ALL - 1) / 3.0);
    assertThat(group.batch("table", new int[] {5, 2}).floats()).containsExactly(1, 2, 3);
    assertThat(group.mask(new int[] {5})).isNull();
  }

  @Test
  void theDrawIsBoundedAndDoesNotDependOnBatches() {
    List<float[]> stored = stored(samples(7, 20 * BYTES_OF_ONE, 3));

    assertThat(stored.get(0)).hasSize(2 * 20);
    assertThat(stored(samples(30, 20 * BYTES_OF_ONE, 3)).get(0)).isEqualTo(stored.get(0));
    assertThat(stored(samples(7, 20 * BYTES_OF_ONE, 4)).get(0)).isNotEqualTo(stored.get(0));
  }

  @Test
  void everySampleIsDrawnEquallyOften() {
    int draws = 2000;
    int[] times = new int[ALL];
    for (int seed = 0; seed < draws; seed++) {
      float[] stored = stored(samples(ALL, 20 * BYTES_OF_ONE, seed)).get(0);
      for (int i = 0; i < stored.length; i += 2) {
        times[(int) stored[i]]++;
      }
    }
    double deviation = Math.sqrt(draws * (1 / 3.0) * (2 / 3.0));
    assertThat(IntStream.of(times)).allMatch(n -> Math.abs(n - draws / 3.0) < 4.5 * deviation);
  }

  /** Samples of lengths 1, 2, 3 and 4 in turn, 12 of each; batches end where the length changes. */
  private static List<SampleGroup> ofLengths(int batch, long bytes) {
    BlockSamples samples = new BlockSamples(bytes, 5);
    for (int run = 0; run < 8; run++) {
      int length = 1 + run % 4;
      for (int from = 0; from < 6; from += batch) {
        int count = Math.min(batch, 6 - from);
        float[] x = new float[count * length];
        for (int i = 0; i < x.length; i++) {
          x[i] = 100 * run + from * length + i;
        }
        float[] table = new float[] {length, 1, 2, 3, 4, 5, 6, 7};
        samples.add(
            count,
            Map.of("x", Tensor.of(x, count, length), "table", Tensor.of(table, 8)),
            Mask.of(Tensor.of(x, count, length)));
      }
    }
    return samples.groups();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 32})
  void samplesOfOneShapeAreTogetherInWhateverBatches(int batch) {
    List<SampleGroup> groups = ofLengths(batch, 1 << 20);

    assertThat(groups).extracting(SampleGroup::count).containsExactly(12, 12, 12, 12);
    for (int length = 1; length <= 4; length++) {
      SampleGroup group = groups.get(length - 1);
      assertThat(group.batch("x", new int[] {0, 11}).shape()).containsExactly(2, length);
      assertThat(group.batch("table", new int[] {11}).floats()[0]).isEqualTo(length);
      assertThat(group.mask(new int[] {1, 2}).positions().shape()).containsExactly(2, length);
    }
    List<float[]> few = stored(ofLengths(batch, 200));
    assertThat(few.stream().mapToInt(x -> x.length).sum()).isBetween(200 / Float.BYTES - 3, 50);
    assertThat(few).usingRecursiveComparison().isEqualTo(stored(ofLengths(6, 200)));
  }
}
