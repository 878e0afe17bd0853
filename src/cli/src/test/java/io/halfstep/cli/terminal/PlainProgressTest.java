package io.halfstep.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.calibration.Progress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PlainProgressTest {
  private final StringWriter written = new StringWriter();
  private long now;
  private final PlainProgress lines = new PlainProgress(new PrintWriter(written, true), () -> now);

  @Test
  void writesALinePerPassAndPerFinishedLayer() {
    for (int i = 1; i <= 100; i++) {
      lines.update(new Progress("observe", "", i, 100, 0, Double.NaN, i / 300.0));
    }
    for (String layer : new String[] {"conv1", "conv2"}) {
      lines.update(new Progress("round", layer, 100, 100, 0, Double.NaN, 0.4));
      lines.update(new Progress("round", layer, 100, 100, 0, 0.25, 0.5));
      lines.update(new Progress("round", layer, 100, 100, 0, 0.25, 0.5));
    }

    assertThat(written.toString().lines())
        .containsExactly(
            "observe 1/100 samples  0 %",
            "round   conv1  100/100 samples  40 %",
            "round   conv1  ratio 0.250  50 %",
            "round   conv2  ratio 0.250  50 %");
  }

  @Test
  void writesEveryFiveSecondsInBetween() {
    for (int second = 0; second <= 11; second++) {
      now = TimeUnit.SECONDS.toNanos(second);
      lines.update(new Progress("observe", "", second, 0, 0, Double.NaN, second / 20.0));
    }

    assertThat(written.toString().lines())
        .containsExactly(
            "observe 0 %",
            "observe 5 samples  25 %  about 0:15 left",
            "observe 10 samples  50 %  about 0:10 left");
  }

  @Test
  void containsNoControlCharacters() {
    lines.update(new Progress("round", "conv1", 1, 2, 3, 0.5, 0.5));

    assertThat(written.toString()).doesNotContain("\u001b", "\r");
  }
}
