package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HalvedMomentsTest {
  private static final int K = 5;
  private static final int ROWS = 3;
  private static final int SAMPLES = 37;
  private static final int TOKENS = 4;
  private static final float[] WEIGHTS = values(1, ROWS * K);
  private static final Tensor TEACHER =
      Tensor.of(values(2, SAMPLES * TOKENS * K), SAMPLES * TOKENS, K);
  private static final Tensor STUDENT =
      Tensor.of(values(3, SAMPLES * TOKENS * K), SAMPLES * TOKENS, K);

  private static float[] values(int seed, int size) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static HalvedMoments empty() {
    return new HalvedMoments(RowPatches.rows(K), WEIGHTS, ROWS, true);
  }

  private static void add(HalvedMoments to, int from, int samples) {
    int first = from * TOKENS;
    int last = (from + samples) * TOKENS;
    to.add(TEACHER.rows(first, last), STUDENT.rows(first, last), samples);
  }

  private static List<Moments> moments(int batch) {
    try (HalvedMoments halves = empty()) {
      for (int from = 0; from < SAMPLES; from += batch) {
        add(halves, from, Math.min(batch, SAMPLES - from));
      }
      return halves.finish();
    }
  }

  @Test
  void theBatchSizeDoesNotMatter() {
    Moments one = moments(1).get(0);
    for (int batch : new int[] {2, 3, 8, 37}) {
      Moments other = moments(batch).get(0);
      assertThat(other.gram()).isEqualTo(one.gram());
      assertThat(other.cross()).isEqualTo(one.cross());
      assertThat(other.shift()).isEqualTo(one.shift());
    }
  }

  @Test
  void wholeSamplesAreDividedNotTheirRows() {
    List<Moments> expected;
    try (MomentsAccumulator even = new MomentsAccumulator(RowPatches.rows(K), WEIGHTS, ROWS, true);
        MomentsAccumulator odd = new MomentsAccumulator(RowPatches.rows(K), WEIGHTS, ROWS, true)) {
      for (int sample = 0; sample < SAMPLES; sample++) {
        int from = sample * TOKENS;
        (sample % 2 == 0 ? even : odd)
            .add(TEACHER.rows(from, from + TOKENS), STUDENT.rows(from, from + TOKENS));
      }
      expected = MomentsShrinkage.of(even.finish(), odd.finish());
    }
    Moments found = moments(8).get(0);
    assertThat(found.positions()).isEqualTo(SAMPLES * TOKENS);
    assertThat(found.gram()).isEqualTo(expected.get(0).gram());
    assertThat(found.cross()).isEqualTo(expected.get(0).cross());
  }

  @Test
  void goesOnFromWhereItWasWritten() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (HalvedMoments halves = empty();
        HalvedMoments resumed = empty()) {
      add(halves, 0, 5);
      halves.write(new NumberWriter(bytes));
      resumed.read(new NumberReader(new ByteArrayInputStream(bytes.toByteArray())));
      add(resumed, 5, SAMPLES - 5);
      assertThat(resumed.finish().get(0).gram()).isEqualTo(moments(8).get(0).gram());
    }
  }
}
