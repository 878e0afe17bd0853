package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.halfstep.tensor.ConvolutionGeometry;
import io.halfstep.tensor.ConvolutionPatches;
import io.halfstep.tensor.Padding;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares the heap used by a layer's moments with the documentation. */
class MomentsMemoryTest {
  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  /** All work, and the count of its allocations, is on one thread. */
  private static <T> T alone(Callable<T> work) throws Exception {
    ForkJoinPool pool = new ForkJoinPool(1);
    try {
      return pool.submit(work).get();
    } finally {
      pool.shutdown();
    }
  }

  private static Tensor gaussian(long... shape) {
    Random random = new Random(shape[0]);
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape);
  }

  private static Patches convolution(int channels, int groups, int stride) {
    return ConvolutionPatches.of(
        ConvolutionGeometry.convolution(
            new int[] {3, 3},
            new int[] {stride, stride},
            new int[] {1, 1},
            new Padding(Padding.Mode.EXPLICIT, new int[] {1, 1}, new int[] {1, 1})),
        channels,
        groups);
  }

  /** Streams and their tasks are objects; nothing grows with the batch. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1000", "1, 2, 1000", "32, 1, 1000", "1, 1, 40"})
  void aBatchAllocatesAFewSmallObjects(int groups, int stride, int perSample) throws Exception {
    int channels = 32;
    Tensor teacher = gaussian(8, channels, 14, 14);
    Tensor student = gaussian(8, channels, 14, 14);
    Patches patches = convolution(channels, groups, stride).thinned(perSample);
    float[] weights = new float[channels * patches.k()];
    long perBatch =
        alone(
            () -> {
              try (var moments = new MomentsAccumulator(patches, weights, channels, true)) {
                for (int i = 0; i < 40; i++) {
                  moments.add(teacher, student);
                }
                long before = allocated();
                for (int i = 0; i < 100; i++) {
                  moments.add(teacher, student);
                }
                return (allocated() - before) / 100;
              }
            });
    // its patches are 1.8 MB at least, extracted twice
    assertThat(perBatch).isLessThan(40_000);
  }

  @Test
  void rowsOf8192WeightsAreWholeWithinTheBudget() throws Exception {
    int k = 8192;
    long budget = 4L * k * (k + 384) + (1 << 20);
    assumeTrue(Runtime.getRuntime().maxMemory() > budget + 8L * k * k + (200 << 20));
    Tensor batch = gaussian(5, k);
    float[] x = batch.floats();
    float[] weights = new float[k];
    List<Moments> all =
        alone(
            () -> {
              long before = allocated();
              try (var moments = new MomentsAccumulator(RowPatches.rows(k), weights, 1, false)) {
                moments.add(batch.rows(0, 2), batch.rows(0, 2));
                moments.add(batch.rows(2, 5), batch.rows(2, 5));
                assertThat(allocated() - before).isLessThan(budget);
                return moments.finish();
              }
            });
    assertThat(all).hasSize(1);
    Moments moments = all.get(0);
    Random random = new Random(1);
    for (int trial = 0; trial < 2000; trial++) {
      int i = random.nextInt(k);
      int j = trial % 4 == 0 ? i : random.nextInt(k);
      double gram = 0;
      double mean = 0;
      for (int p = 0; p < 5; p++) {
        gram += (double) x[p * k + i] * x[p * k + j] / 5;
        mean += x[p * k + i] / 5.0;
      }
      assertThat(moments.gram()[i * k + j]).isCloseTo(gram, within(1e-5));
      assertThat(moments.mean()[i]).isCloseTo(mean, within(1e-6));
    }
  }
}
