package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import io.halfstep.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Moments that are saved and restored in the middle of a stream equal those of an uninterrupted
 * stream.
 */
class MomentsCheckpointTest {
  private static float[] gaussian(Random random, int size) {
    float[] x = new float[size];
    for (int i = 0; i < size; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /**
   * Earlier inputs count with their weight, as if the teacher had had them too: compared with plain
   * sums.
   */
  @ParameterizedTest
  @CsvSource({"1, 9, 4, 1", "3, 5, 8, 1", "1, 23, 3, 3", "1, 400, 401, 1"})
  void earlierInputsCountWithTheirWeight(int groups, int k, int rows, int pieces) throws Exception {
    int earlier = 300;
    int later = 200;
    double weight = 0.25;
    for (boolean differs : new boolean[] {true, false}) {
      Random random = new Random(k);
      Rows patches = new Rows(groups, k);
      float[] weights = gaussian(random, groups * rows * k);
      int maxGram = (k * k + pieces - 1) / pieces;
      int n = earlier + later;
      Tensor student = Tensor.of(gaussian(random, n * groups * k), n, (long) groups * k);
      Tensor teacher = Tensor.of(gaussian(random, n * groups * k), n, (long) groups * k);
      ByteArrayOutputStream left = new ByteArrayOutputStream();
      try (var first = new MomentsAccumulator(patches, weights, groups * rows, differs, maxGram)) {
        first.add(teacher.rows(0, earlier), student.rows(0, earlier));
        first.writeInputs(new NumberWriter(left));
      }
      List<Moments> alone;
      try (var second = new MomentsAccumulator(patches, weights, groups * rows, differs, maxGram)) {
        second.add(teacher.rows(earlier, n), student.rows(earlier, n));
        alone = second.finish();
      }
      List<Moments> sum;
      try (var second = new MomentsAccumulator(patches, weights, groups * rows, differs, maxGram)) {
        second.add(teacher.rows(earlier, n), student.rows(earlier, n));
        second.addInputs(new NumberReader(new ByteArrayInputStream(left.toByteArray())), weight);
        sum = second.finish();
      }
      float[] error = gaussian(random, groups * rows * k);
      try (var second = new MomentsAccumulator(patches, weights, groups * rows, differs, maxGram)) {
        second.add(teacher.rows(earlier, n), student.rows(earlier, n));
        double squares = squares(error, differs ? student : teacher, earlier, n, groups, k, pieces);
        assertThat(second.squares(error)).isCloseTo(squares, withPercentage(1e-3));
      }
      double counted = later + weight * earlier;
      float[] read = differs ? student.floats() : teacher.floats();
      for (int m = 0, from = 0; m < sum.size(); from += sum.get(m++).k()) {
        Moments moments = sum.get(m);
        assertThat(moments.positions()).isEqualTo((long) counted);
        for (int i = 0; i < moments.k(); i++) {
          for (int j = 0; j < moments.k(); j++) {
            double expected = 0;
            for (int p = 0; p < n; p++) {
              double product =
                  (double) read[p * groups * k + from + i] * read[p * groups * k + from + j];
              expected += (p < earlier ? weight : 1) * product / counted;
            }
            assertThat(moments.gram()[i * moments.k() + j]).isCloseTo(expected, within(1e-4));
          }
        }
        for (int i = 0; differs && i < alone.get(m).cross().length; i++) {
          assertThat(moments.cross()[i])
              .isCloseTo(alone.get(m).cross()[i] * later / counted, within(1e-9));
        }
      }
    }
  }

  /** Sums the squares of all outputs of a weight, piece by piece. */
  private static double squares(
      float[] weight, Tensor x, int from, int to, int groups, int k, int pieces) {
    int perGroup = weight.length / groups / k;
    int pieceSize = (k + pieces - 1) / pieces;
    double squares = 0;
    for (int p = from; p < to; p++) {
      for (int row = 0; row < groups * perGroup; row++) {
        for (int piece = 0; piece < k; piece += pieceSize) {
          double y = 0;
          for (int j = piece; j < Math.min(k, piece + pieceSize); j++) {
            y += (double) weight[row * k + j] * x.floats()[(p * groups + row / perGroup) * k + j];
          }
          squares += y * y;
        }
      }
    }
    return squares;
  }

  /** Groups, row length, rows per group, pieces, and samples before and after. */
  @ParameterizedTest
  @CsvSource({
    "1, 9, 4, 1, 17000, 700",
    "1, 200, 3, 1, 1300, 40",
    "3, 5, 8, 1, 700, 17000",
    "1, 7, 11, 1, 0, 600",
    "1, 23, 3, 3, 5000, 5000",
    "2, 1, 2, 1, 1, 1",
    "1, 400, 401, 1, 1500, 300"
  })
  void goOnBitForBit(int groups, int k, int rows, int pieces, int before, int after)
      throws Exception {
    for (boolean differs : new boolean[] {true, false}) {
      Random random = new Random(k);
      Rows patches = new Rows(groups, k);
      float[] weights = gaussian(random, groups * rows * k);
      int maxGram = (k * k + pieces - 1) / pieces;
      int n = before + after;
      Tensor teacher = Tensor.of(gaussian(random, n * groups * k), n, (long) groups * k);
      Tensor student = Tensor.of(gaussian(random, n * groups * k), n, (long) groups * k);
      List<Moments> whole;
      try (var all = new MomentsAccumulator(patches, weights, groups * rows, differs, maxGram)) {
        all.add(teacher, student);
        whole = all.finish();
      }
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      try (var first = new MomentsAccumulator(patches, weights, groups * rows, differs, maxGram)) {
        if (before > 0) {
          first.add(teacher.rows(0, before), student.rows(0, before));
        }
        first.write(new NumberWriter(written));
        assertThat(first.studentDiffers()).isEqualTo(differs);
      }
      try (var second = new MomentsAccumulator(patches, weights, groups * rows, differs, maxGram)) {
        ByteArrayInputStream in = new ByteArrayInputStream(written.toByteArray());
        second.read(new NumberReader(in));
        assertThat(in.available()).isZero();
        second.add(teacher.rows(before, n), student.rows(before, n));
        List<Moments> resumed = second.finish();
        assertThat(resumed).hasSameSizeAs(whole);
        for (int i = 0; i < whole.size(); i++) {
          assertThat(resumed.get(i).positions()).isEqualTo(whole.get(i).positions());
          assertThat(resumed.get(i).gram()).isEqualTo(whole.get(i).gram());
          assertThat(resumed.get(i).cross()).isEqualTo(whole.get(i).cross());
          assertThat(resumed.get(i).shift()).isEqualTo(whole.get(i).shift());
          assertThat(resumed.get(i).mean()).isEqualTo(whole.get(i).mean());
          assertThat(resumed.get(i).meanShift()).isEqualTo(whole.get(i).meanShift());
        }
      }
    }
  }

  @Test
  void whatEndsTooEarlyIsRefused() throws Exception {
    try (var moments = new MomentsAccumulator(new Rows(1, 3), new float[6], 2, true)) {
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      moments.write(new NumberWriter(written));
      byte[] part = Arrays.copyOf(written.toByteArray(), written.size() - 1);
      assertThatThrownBy(() -> moments.read(new NumberReader(new ByteArrayInputStream(part))))
          .isInstanceOf(EOFException.class);
    }
  }
}
