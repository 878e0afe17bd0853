package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.SampleStatistics;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CrossEntropyTest {
  private static final int CLASSES = 5;

  private static Tensor logits(long seed, int rows) {
    Random random = new Random(seed);
    float[] values = new float[rows * CLASSES];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 3 - (i % CLASSES == 0 ? 0 : 4));
    }
    return Tensor.of(values, rows, CLASSES);
  }

  /** −Σ softmax(v)·log softmax(v̂) by its definition, over the rows of a matrix. */
  private static double crossEntropy(Tensor logits, Encoding encoding) {
    float[] v = logits.floats();
    float[] rounded = new float[v.length];
    encoding.roundTrip(v, rounded);
    double sum = 0;
    for (int row = 0; row < v.length; row += CLASSES) {
      double ofV = 0;
      double ofRounded = 0;
      for (int i = row; i < row + CLASSES; i++) {
        ofV += Math.exp(v[i]);
        ofRounded += Math.exp(rounded[i]);
      }
      for (int i = row; i < row + CLASSES; i++) {
        sum -= Math.exp(v[i]) / ofV * Math.log(Math.exp(rounded[i]) / ofRounded);
      }
    }
    return sum * CLASSES / v.length;
  }

  @Property(tries = 50)
  void theErrorIsItsDefinition(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 8) int bits, @ForAll boolean symmetric) {
    Tensor logits = logits(seed, 7);
    Grid grid = symmetric ? Grid.signed(bits) : Grid.unsigned(bits);
    Affine affine = Affine.covering(grid, symmetric, -4, 2);

    double error = new LogitError(List.of(logits), grid).applyAsDouble(affine);

    assertThat(error)
        .isCloseTo(
            crossEntropy(logits, Encoding.perTensor(grid, affine.scale(), affine.zeroPoint())),
            within(1e-9));
  }

  /** Of the range that is chosen, against a fine sweep of all ranges. */
  @Property(tries = 20)
  void noRangeIsMuchBetter(@ForAll long seed, @ForAll @IntRange(min = 3, max = 8) int bits) {
    Tensor logits = logits(seed, 30);
    Encoding chosen = encode(logits, bits, new CrossEntropy());
    Encoding widest = encode(logits, bits, new RangeMethod.MinMax());
    double found = crossEntropy(logits, chosen);
    assertThat(found).isLessThanOrEqualTo(crossEntropy(logits, widest) + 1e-12);

    float[] v = logits.floats();
    double low = 0;
    double high = 0;
    for (float x : v) {
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
    double best = Double.POSITIVE_INFINITY;
    for (int a = 4; a <= 40; a++) {
      for (int b = 4; b <= 40; b++) {
        Affine affine = Affine.asymmetric(Grid.unsigned(bits), low * a / 40, high * b / 40);
        Encoding swept =
            Encoding.perTensor(Grid.unsigned(bits), affine.scale(), affine.zeroPoint());
        best = Math.min(best, crossEntropy(logits, swept));
      }
    }
    double entropy = crossEntropy(logits, Encoding.perTensor(Grid.signed(16), 1e-3f, 0));
    assertThat(found - entropy).isLessThan((best - entropy) * 1.3 + 1e-3);
  }

  /** The large logits decide: a range that clips what is unlikely anyway is better. */
  @Test
  void itClipsWhatDoesNotMatter() {
    Tensor logits = logits(1, 200);
    Encoding mse = encode(logits, 4, new RangeMethod.Mse());
    Encoding chosen = encode(logits, 4, new CrossEntropy());
    assertThat(crossEntropy(logits, chosen)).isLessThan(crossEntropy(logits, mse));
  }

  private static Encoding encode(Tensor logits, int bits, ActivationRangeMethod method) {
    ActivationStatistics statistics = new ActivationStatistics();
    statistics.add(logits.floats());
    ActivationRangeMethod by = method;
    if (method instanceof SampledRangeMethod sampled) {
      SampleStatistics samples = sampled.observer(0);
      samples.add(logits, (int) logits.dim(0));
      by = sampled.given(samples);
    }
    return ActivationRanges.encode(statistics, bits, false, by);
  }

  @Test
  void theClassesOfASegmentationAreAxisOne() {
    Tensor logits = logits(2, 6);
    float[] v = logits.floats();
    float[] images = new float[v.length]; // [2, classes, 3, 1]
    for (int n = 0; n < 2; n++) {
      for (int c = 0; c < CLASSES; c++) {
        for (int h = 0; h < 3; h++) {
          images[(n * CLASSES + c) * 3 + h] = v[(n * 3 + h) * CLASSES + c];
        }
      }
    }
    Affine affine = Affine.asymmetric(Grid.unsigned(4), -6, 5);
    assertThat(
            new LogitError(List.of(Tensor.of(images, 2, CLASSES, 3, 1)), Grid.unsigned(4))
                .applyAsDouble(affine))
        .isCloseTo(
            new LogitError(List.of(logits), Grid.unsigned(4)).applyAsDouble(affine), within(1e-9));
  }

  @Test
  void rowsThatAreNotFiniteAreLeftOut() {
    Tensor logits = logits(3, 4);
    float[] more = Arrays.copyOf(logits.floats(), 5 * CLASSES);
    more[4 * CLASSES + 2] = Float.NaN;
    Affine affine = Affine.asymmetric(Grid.unsigned(4), -6, 5);
    assertThat(
            new LogitError(List.of(Tensor.of(more, 5, CLASSES)), Grid.unsigned(4))
                .applyAsDouble(affine))
        .isEqualTo(new LogitError(List.of(logits), Grid.unsigned(4)).applyAsDouble(affine));
  }

  @Test
  void withoutLogitsNothingFails() {
    Encoding encoding = encode(Tensor.of(new float[0], 0, CLASSES), 8, new CrossEntropy());
    assertThat(encoding.scale(0)).isEqualTo(1);
  }
}
