package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RunOptionsTest {
  private static final RunOptions ALL =
      new RunOptions(
          List.of("a"),
          List.of("mean=1"),
          "crop=2",
          3L,
          4,
          5,
          6L,
          Path.of("7"),
          Path.of("8"),
          Path.of("9"),
          Path.of("10"),
          true,
          false);

  @Test
  void whatIsSaidWins() {
    RunOptions some = withNumbers(30L, null);

    assertThat(RunOptions.NONE.over(ALL)).isEqualTo(ALL);
    assertThat(ALL.over(RunOptions.NONE)).isEqualTo(ALL);
    assertThat(ALL.over(some)).isEqualTo(ALL);
    assertThat(some.over(ALL).samples()).isEqualTo(30);
    assertThat(some.over(ALL).batch()).isEqualTo(4);
  }

  @Test
  void refusesNumbersBelowOne() {
    assertThatThrownBy(() -> withNumbers(0L, null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("samples: found 0, expected at least 1");
    assertThatThrownBy(() -> withNumbers(null, -2))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("batch: found -2, expected at least 1");
  }

  private static RunOptions withNumbers(@Nullable Long samples, @Nullable Integer batch) {
    return new RunOptions(
        List.of(), List.of(), null, samples, batch, null, null, null, null, null, null, null, null);
  }
}
