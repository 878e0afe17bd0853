package io.halfstep.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BlockSamplesTest {
  private static final int ALL = 60;
  private static final int BYTES_OF_ONE = 2 * Float.BYTES;

  /** Sample i of x holds i, and −i. */
  private static BlockSamples samples(int batch, long bytes, long seed) {
    BlockSamples samples = new BlockSamples(bytes, seed, ALL);
    for (int from = 0; from < ALL; from += batch) {
      int count = Math.min(batch, ALL - from);
      float[] x = new float[2 * count];
      for (int i = 0; i < count; i++) {
        x[2 * i] = from + i;
        x[2 * i + 1] = -(from + i);
      }
      Tensor mask = Tensor.of(new float[] {1, 2, 3}, 1, 3);
      samples.add(count, Map.of("x", Tensor.of(x, count, 2), "mask", mask));
    }
    return samples;
  }

  private static float[] stored(BlockSamples samples) {
    return samples.batch("x", IntStream.range(0, samples.count()).toArray()).floats();
  }

  @Test
  void allAreStoredWhereThereIsRoom() {
    BlockSamples samples = samples(7, 1 << 20, 3);

    assertThat(samples.count()).isEqualTo(ALL);
    assertThat(samples.batch("x", new int[] {5, 2}).floats()).containsExactly(5, -5, 2, -2);
    assertThat(samples.energy("x")).isEqualTo(ALL * (ALL - 1) * (2 * ALL - 1) / 3.0);
    assertThat(samples.batch("mask", new int[] {5, 2}).floats()).containsExactly(1, 2, 3);
  }

  @Test
  void theDrawIsBoundedAndDoesNotDependOnBatches() {
    BlockSamples samples = samples(7, 20 * BYTES_OF_ONE, 3);

    assertThat(samples.count()).isEqualTo(20);
    assertThat(stored(samples)).isEqualTo(stored(samples(30, 20 * BYTES_OF_ONE, 3)));
    assertThat(stored(samples)).isNotEqualTo(stored(samples(7, 20 * BYTES_OF_ONE, 4)));
  }

  @Test
  void everySampleIsDrawnEquallyOften() {
    int draws = 2000;
    int[] times = new int[ALL];
    for (int seed = 0; seed < draws; seed++) {
      float[] stored = stored(samples(ALL, 20 * BYTES_OF_ONE, seed));
      for (int i = 0; i < stored.length; i += 2) {
        times[(int) stored[i]]++;
      }
    }
    double deviation = Math.sqrt(draws * (1 / 3.0) * (2 / 3.0));
    assertThat(IntStream.of(times)).allMatch(n -> Math.abs(n - draws / 3.0) < 4.5 * deviation);
  }

  @Test
  void samplesOfAnotherShapeAreRefused() {
    BlockSamples samples = new BlockSamples(1 << 20, 3, ALL);
    samples.add(2, Map.of("x", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2)));

    assertThatThrownBy(
            () -> samples.add(2, Map.of("x", Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'x' has samples of shapes [1, 2] and [1, 3]");
  }
}
