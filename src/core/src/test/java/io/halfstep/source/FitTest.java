package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FitTest {
  private static InputPort port(String shape) {
    return new InputPort("x", ElementType.FLOAT, longs(shape));
  }

  private static long[] longs(String text) {
    return Stream.of(text.split(" "))
        .filter(s -> !s.isEmpty())
        .mapToLong(Long::parseLong)
        .toArray();
  }

  @ParameterizedTest
  @CsvSource({
    // array, input, samples, sample
    "5 1 28 28, -1 1 28 28, 5, 1 1 28 28",
    "5 28 28, -1 1 28 28, 5, 1 1 28 28", // channel axis missing
    "5 28 28, -1 28 28 1, 5, 1 28 28 1",
    "1 28 28, -1 1 28 28, 1, 1 1 28 28", // either reading gives the same
    "3 224 224, 1 3 224 224, 1, 1 3 224 224", // no batch axis
    "7, -1 1, 7, 1 1",
    "7, -1, 7, 1",
    "'', -1, -1, 1", // one value for all samples
    "'', -1 1, -1, 1 1",
    "5 9, '', 5, 1 9", // rank unknown
    "4 17, -1 -1, 4, 1 17"
  })
  void fits(String array, String input, long samples, String sample) {
    Fit fit = Fit.of(longs(array), port(input), "a.npy");
    assertThat(fit)
        .usingRecursiveComparison()
        .ignoringFields("axis")
        .isEqualTo(new Fit(samples, longs(sample), 0));
  }

  @ParameterizedTest
  @CsvSource({
    "1024, -1 1 28 28",
    "5 3 28 28, -1 1 28 28",
    "5 27 28, -1 1 28 28",
    "28 28, -1 1 28 28",
    "'', ''"
  })
  void doesNotFit(String array, String input) {
    assertThat(Fit.of(longs(array), port(input), "a.npy")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    // array, input, batch axis, samples, sample
    "2 5 64, 2 -1 64, 1, 5, 2 1 64",
    "2 64, 2 -1 64, 1, 1, 2 1 64", // no batch axis
    "4 5 6, '', 2, 6, 4 5 1", // rank unknown
    "'', '', -1, -1, ''", // a scalar
    "5, '', -1, 5, ''",
    "2 64, 2 64, -1, -1, 2 64", // the same for all samples
    "5 2 64, 2 64, -1, 5, 2 64"
  })
  void fitsAlongAnotherAxis(
      String array, String input, int batchAxis, long samples, String sample) {
    InputPort port = new InputPort("x", ElementType.FLOAT, longs(input), batchAxis);
    assertThat(Fit.of(longs(array), port, "a.npy"))
        .usingRecursiveComparison()
        .ignoringFields("axis")
        .isEqualTo(new Fit(samples, longs(sample), 0));
  }

  @ParameterizedTest
  @CsvSource({"5 1 28, -1 -1 1 28"})
  void twoReadingsAreAnError(String array, String input) {
    assertThatThrownBy(() -> Fit.of(longs(array), port(input), "a.npy"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "a.npy: " + Arrays.toString(longs(array)) + " could be one sample or 5");
  }
}
