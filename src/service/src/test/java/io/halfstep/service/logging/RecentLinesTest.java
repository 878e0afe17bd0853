package io.halfstep.service.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RecentLinesTest {
  private final RecentLines lines = new RecentLines(Path.of("/state/jobs/net-1"));

  private void log(String message) {
    lines.add(Instant.EPOCH, "INFO", "", "Test", message);
  }

  @Test
  void theNewestAreKept() {
    for (int i = 1; i <= RecentLines.KEPT + 5; i++) {
      log("line " + i);
    }
    assertThat(lines.last(Integer.MAX_VALUE)).hasSize(RecentLines.KEPT);
    assertThat(lines.last(2))
        .extracting(LogLine::message)
        .containsExactly("line 1004", "line 1005");
    assertThat(lines.after(1004)).extracting(LogLine::number).containsExactly(1005L);
    assertThat(lines.after(1005)).isEmpty();
  }

  @Test
  void aLineIsShortAndHasNoPath() {
    log("/state/jobs/net-1/checkpoints/7 is not used:\n" + "x".repeat(5000));
    String message = lines.last(1).get(0).message();
    assertThat(message).startsWith("checkpoints/7 is not used: xx").hasSizeLessThan(1100);
  }
}
