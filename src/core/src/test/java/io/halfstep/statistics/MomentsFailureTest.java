package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.FailingMemory;
import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Off-heap memory is freed, whichever allocation fails. */
class MomentsFailureTest {
  private static final int K = 6;

  private static MomentsAccumulator moments(int matrices) {
    return new MomentsAccumulator(
        RowPatches.rows(K), new float[2 * K], 2, true, 1 << 20, new FailingMemory(matrices));
  }

  @Test
  void atEachPointOfConstruction() {
    long before = OffHeapMatrix.bytes();
    int matrices = 0;
    while (true) {
      try (MomentsAccumulator made = moments(matrices)) {
        assertThat(made.studentDiffers()).isTrue();
        assertThat(OffHeapMatrix.bytes()).isGreaterThan(before);
        break;
      } catch (FailingMemory.Exhausted e) {
        assertThat(OffHeapMatrix.bytes()).as("after %d", matrices).isEqualTo(before);
        matrices++;
      }
    }
    assertThat(matrices).isGreaterThan(3);
    assertThat(OffHeapMatrix.bytes()).isEqualTo(before);
  }

  /** Memory borrowed by a failed computation is freed, too, once all its parts have ended. */
  @Test
  void atEachPointOfTheComputation() throws Exception {
    long before = OffHeapMatrix.bytes();
    ForkJoinPool pool = new ForkJoinPool(2);
    int failures = 0;
    for (int matrices = 0; matrices < 40; matrices++) {
      try (MomentsAccumulator made = moments(matrices)) {
        failures += fails(made, pool) ? 1 : 0;
      } catch (FailingMemory.Exhausted e) {
        continue; // the constructor failed
      }
      assertThat(OffHeapMatrix.bytes()).as("after %d", matrices).isEqualTo(before);
    }
    pool.shutdown();
    assertThat(failures).isPositive();
  }

  private static boolean fails(MomentsAccumulator made, ForkJoinPool pool) throws Exception {
    float[] values = new float[5 * K];
    Arrays.fill(values, 1);
    Tensor batch = Tensor.of(values, 5, K);
    try {
      pool.submit(
              () -> {
                made.add(batch, batch);
                return made.finish();
              })
          .get();
      return false;
    } catch (ExecutionException e) {
      return true;
    } finally {
      assertThat(pool.awaitQuiescence(60, TimeUnit.SECONDS)).isTrue();
    }
  }
}
