package io.halfstep.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.calibration.Progress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LiveProgressTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final String ESCAPE = "\u001b";

  private final StringWriter written = new StringWriter();
  private final LiveProgress view =
      new LiveProgress(
          new Terminal(new PrintWriter(new StringWriter()), new PrintWriter(written), 80), 3, 0);

  @Test
  void showsPassLayerSamplesQueueRatioAndTimeLeft() {
    view.update(new Progress("round", "conv1", 512, 1024, 0, 0.25, 0.2), 4 * SECOND);
    view.update(new Progress("round", "conv2", 64, 1024, 2_500_000, Double.NaN, 0.25), 5 * SECOND);
    view.draw(5 * SECOND);

    assertThat(written.toString())
        .contains("conv1  ratio 0.250")
        .contains("round   conv2  1 of 3 layers  ratio 0.250  64/1024 samples  2.5 MB queued")
        .contains("25 %  0:05, about 0:15 left");
  }

  @Test
  void aFinishedLayerIsToldOnce() {
    Progress done = new Progress("round", "conv1", 1024, 1024, 0, 0.25, 0.2);
    for (int i = 0; i < 3; i++) {
      view.update(done, i * SECOND);
      view.draw(i * SECOND);
    }

    assertThat(written.toString().split("conv1  ratio 0.250", -1)).hasSize(2);
  }

  @Test
  void everyRedrawGoesUpExactlyAsFarAsTheViewIsHigh() {
    view.update(new Progress("observe", "", 1, 10, 0, Double.NaN, 0), 0);
    view.draw(0);
    int first = written.getBuffer().length();
    assertThat(written.toString()).startsWith(ESCAPE + "[?25l");
    assertThat(written.toString().chars().filter(c -> c == '\n').count()).isEqualTo(2);

    view.draw(SECOND);

    assertThat(written.toString().substring(first)).startsWith(ESCAPE + "[2A\r");
  }

  @Test
  void noLineReachesTheLastColumn() {
    String name = "a/very/long/name".repeat(20);
    view.update(new Progress("round", name, 123_456, 1_234_567, 9_999_999, 0.5, 0.5), SECOND);
    view.draw(9 * SECOND);

    String visible = written.toString().replaceAll(ESCAPE + "\\[[?0-9]*[a-zA-Z]", "");
    assertThat(visible.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
  }

  @Test
  void closingRestoresTheCursorAndTellsTheLastLayers() {
    view.update(new Progress("round", "conv1", 0, 0, 0, Double.NaN, 0.1), 0);
    view.draw(0);
    view.update(new Progress("round", "conv1", 0, 0, 0, 0.5, 1), SECOND);
    view.close();

    assertThat(written.toString()).contains("conv1  ratio 0.500").endsWith(ESCAPE + "[?25h");
  }

  @Test
  void nothingIsWrittenWhereNothingHappened() {
    view.draw(0);
    view.close();

    assertThat(written.toString()).isEmpty();
  }

  @Test
  void theViewStaysWithALayerForASecondWhileAnotherWorksBesideIt() {
    view.update(new Progress("round", "left", 1, 10, 0, Double.NaN, 0.1), 0);
    view.update(new Progress("round", "right", 1, 10, 0, Double.NaN, 0.1), SECOND / 2);
    view.draw(SECOND / 2);
    assertThat(written.toString()).contains("left").doesNotContain("right");

    view.update(new Progress("round", "right", 2, 10, 0, Double.NaN, 0.1), 2 * SECOND);
    view.draw(2 * SECOND);
    assertThat(written.toString()).contains("right");
  }
}
