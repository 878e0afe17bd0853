package io.halfstep.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MomentsAccumulatorTest {
  private static Tensor random(
      Random random, int n, int width, float scale, @Nullable Tensor plus) {
    float[] x = new float[n * width];
    for (int i = 0; i < x.length; i++) {
      float value = (float) Math.max(-0.5, random.nextGaussian()) * scale;
      x[i] = value + (plus == null ? 0 : plus.floats()[i]);
    }
    return Tensor.of(x, n, width);
  }

  private static float[] randomWeights(int size) {
    return random(new Random(7), 1, size, 1, null).floats();
  }

  private record Stream(Patches patches, int out, float[] weights, Tensor teacher, Tensor student) {
    static Stream of(int groups, int k, int rows, int n) {
      Random random = new Random(groups * 1000L + k);
      Tensor teacher = random(random, n, groups * k, 1, null);
      Tensor student = random(random, n, groups * k, 0.1f, teacher);
      return new Stream(
          new Rows(groups, k), groups * rows, randomWeights(groups * rows * k), teacher, student);
    }

    List<Moments> moments(boolean studentDiffers, int... cuts) {
      try (var accumulator = new MomentsAccumulator(patches, weights, out, studentDiffers)) {
        int n = (int) teacher.dim(0);
        int at = 0;
        for (int i = 0; at < n; i++) {
          int to = Math.min(n, at + cuts[i % cuts.length]);
          accumulator.add(teacher.rows(at, to), student.rows(at, to));
          at = to;
        }
        return accumulator.finish();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1,9,4,5000",
    "1,200,3,1300",
    "3,5,8,700",
    "1,7,11,600",
    "40,9,1,300",
    "1,1,1,1",
    "1,420,2,130"
  })
  void agreesWithPlainSums(int groups, int k, int rows, int n) {
    Stream stream = Stream.of(groups, k, rows, n);
    List<Moments> all = stream.moments(true, 64);
    assertThat(all).hasSize(groups);
    float[] xHat = stream.student.floats();
    float[] x = stream.teacher.floats();
    for (int g = 0; g < groups; g++) {
      Moments moments = all.get(g);
      assertThat(moments.positions()).isEqualTo(n);
      for (int i = 0; i < k; i++) {
        double mean = 0;
        double meanShift = 0;
        for (int p = 0; p < n; p++) {
          int at = (p * groups + g) * k + i;
          mean += xHat[at] / n;
          meanShift += (xHat[at] - x[at]) / n;
        }
        assertThat(moments.mean()[i]).isCloseTo(mean, within(1e-5));
        assertThat(moments.meanShift()[i]).isCloseTo(meanShift, within(1e-6));
        for (int j = 0; j < k; j++) {
          double gram = 0;
          for (int p = 0; p < n; p++) {
            int at = (p * groups + g) * k;
            gram += (double) xHat[at + i] * xHat[at + j] / n;
          }
          assertThat(moments.gram()[i * k + j]).isCloseTo(gram, within(1e-5));
        }
      }
      for (int r = 0; r < rows; r++) {
        double shift = 0;
        double[] cross = new double[k];
        for (int p = 0; p < n; p++) {
          int at = (p * groups + g) * k;
          double moved = 0;
          for (int i = 0; i < k; i++) {
            moved += stream.weights[(g * rows + r) * k + i] * (double) (xHat[at + i] - x[at + i]);
          }
          shift += moved * moved / n;
          for (int i = 0; i < k; i++) {
            cross[i] += moved * xHat[at + i] / n;
          }
        }
        assertThat(moments.shift()[r]).isCloseTo(shift, within(1e-5 * Math.max(1, shift)));
        for (int i = 0; i < k; i++) {
          assertThat(moments.cross()[r * k + i]).isCloseTo(cross[i], within(2e-5));
        }
      }
    }
  }

  @Test
  void piecesOfRowsBoundTheWholeRowsLoss() {
    int k = 10;
    Stream stream = Stream.of(2, k, 3, 700);
    List<Moments> wholes = stream.moments(true, 700);
    List<Moments> pieces;
    try (var accumulator =
        new MomentsAccumulator(stream.patches, stream.weights, stream.out, true, 34)) {
      accumulator.add(stream.teacher, stream.student);
      pieces = accumulator.finish();
    }
    assertThat(pieces).extracting(Moments::k).containsExactly(4, 4, 2, 4, 4, 2);
    Random random = new Random(3);
    for (int g = 0; g < 2; g++) {
      Moments whole = wholes.get(g);
      for (int p = 0; p < 3; p++) {
        Moments piece = pieces.get(3 * g + p);
        for (int i = 0; i < piece.k(); i++) {
          assertThat(piece.mean()[i]).isEqualTo(whole.mean()[4 * p + i]);
          assertThat(piece.meanShift()[i]).isEqualTo(whole.meanShift()[4 * p + i]);
          for (int j = 0; j < piece.k(); j++) {
            assertThat(piece.gram()[i * piece.k() + j])
                .isCloseTo(whole.gram()[(4 * p + i) * k + 4 * p + j], within(1e-6));
          }
        }
      }
      for (int row = 0; row < 3; row++) {
        double still = 0;
        for (Moments piece : pieces.subList(3 * g, 3 * g + 3)) {
          still += 3 * piece.loss(row, new double[piece.k()]);
        }
        assertThat(still).as("where nothing moved").isCloseTo(whole.shift()[row], within(1e-9));
        for (int trial = 0; trial < 20; trial++) {
          double[] d = random.doubles(k, -0.3, 0.3).toArray();
          double bound = 0;
          for (int p = 0; p < 3; p++) {
            Moments piece = pieces.get(3 * g + p);
            bound += 3 * piece.loss(row, Arrays.copyOfRange(d, 4 * p, 4 * p + piece.k()));
          }
          assertThat(bound).isGreaterThanOrEqualTo(whole.loss(row, d) - 1e-6);
        }
      }
    }
  }

  @Test
  void lossIsTheErrorOfTheOutput() {
    int k = 12;
    Stream stream = Stream.of(1, k, 3, 800);
    Moments moments = stream.moments(true, 100).get(0);
    double[] d = new double[k];
    for (int i = 0; i < k; i++) {
      d[i] = 0.1 * Math.sin(i + 1);
    }
    for (int row = 0; row < 3; row++) {
      double error = 0;
      double signal = 0;
      for (int p = 0; p < 800; p++) {
        double teacher = 0;
        double student = 0;
        for (int i = 0; i < k; i++) {
          double w = stream.weights[row * k + i];
          teacher += w * stream.teacher.floats()[p * k + i];
          student += (w + d[i]) * stream.student.floats()[p * k + i];
        }
        error += (teacher - student) * (teacher - student) / 800;
        signal += teacher * teacher / 800;
      }
      assertThat(moments.loss(row, d)).isCloseTo(error, within(1e-5 * error));
      assertThat(moments.signal(row, stream.weights, row * k))
          .isCloseTo(signal, within(1e-5 * signal));
    }
  }

  @Test
  void lossWithoutStudent() {
    Stream stream = Stream.of(1, 3, 1, 500);
    Moments moments = stream.moments(false, 500).get(0);
    assertThat(moments.studentDiffers()).isFalse();
    assertThat(moments.cross()).isEmpty();
    double error = 0;
    for (int p = 0; p < 500; p++) {
      double moved =
          0.5 * stream.teacher.floats()[p * 3] - 0.25 * stream.teacher.floats()[p * 3 + 2];
      error += moved * moved / 500;
    }
    assertThat(moments.loss(0, new double[] {0.5, 0, -0.25})).isCloseTo(error, within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({"1,9,4,20000", "2,150,3,3000", "1,6,9,9000", "1,400,2,7000"})
  void cutsAndThreadsLeaveEveryBitAsItWas(int groups, int k, int rows, int n) throws Exception {
    Stream stream = Stream.of(groups, k, rows, n);
    List<Moments> whole = stream.moments(true, n);
    ForkJoinPool alone = new ForkJoinPool(1);
    try {
      assertSame(stream.moments(true, 64, 1, 333), whole);
      assertSame(alone.submit(() -> stream.moments(true, 17, 500)).get(), whole);
    } finally {
      alone.shutdown();
    }
  }

  private static void assertSame(List<Moments> some, List<Moments> others) {
    for (int g = 0; g < some.size(); g++) {
      assertThat(some.get(g)).usingRecursiveComparison().isEqualTo(others.get(g));
    }
  }

  @Test
  void mergedIsWhole() {
    Stream stream = Stream.of(2, 10, 3, 900);
    List<Moments> whole = stream.moments(true, 900);
    try (var first = new MomentsAccumulator(stream.patches, stream.weights, stream.out, true);
        var second = new MomentsAccumulator(stream.patches, stream.weights, stream.out, true)) {
      first.add(stream.teacher.rows(0, 350), stream.student.rows(0, 350));
      second.add(stream.teacher.rows(350, 900), stream.student.rows(350, 900));
      first.merge(second);
      List<Moments> merged = first.finish();
      for (int g = 0; g < 2; g++) {
        assertThat(merged.get(g).positions()).isEqualTo(900);
        assertThat(merged.get(g).gram()).containsExactly(whole.get(g).gram(), within(1e-6));
        assertThat(merged.get(g).cross()).containsExactly(whole.get(g).cross(), within(1e-6));
        assertThat(merged.get(g).shift()).containsExactly(whole.get(g).shift(), within(1e-6));
      }
    }
  }

  @Test
  void nothingSeenIsAllZero() {
    Stream stream = Stream.of(1, 4, 2, 1);
    try (var empty = new MomentsAccumulator(stream.patches, stream.weights, stream.out, true)) {
      Moments moments = empty.finish().get(0);
      assertThat(moments.positions()).isZero();
      assertThat(moments.gram()).containsOnly(0);
      assertThat(moments.shift()).containsOnly(0);
    }
  }

  @Test
  void refusesInputsOfDifferentShapes() {
    Stream stream = Stream.of(1, 4, 2, 6);
    try (var moments = new MomentsAccumulator(stream.patches, stream.weights, stream.out, true)) {
      assertThatThrownBy(() -> moments.add(stream.teacher, stream.student.rows(0, 3)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("FLOAT[3, 4]");
    }
  }
}
