package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.samples.Intake;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class IntakeTest {
  /** Messages of a topic may be very long, and an error may quote them. */
  @Test
  void whatIsLeftOutTakesOneReadableLineOfTheLog(@TempDir Path folder) throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(Intake.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try (LocalService service = LocalService.start(folder.resolve("state"))) {
      String id = service.submit("net", 8);
      service.await(id, view -> service.job(id).intake() != null);
      Intake intake = service.job(id).intake();
      intake.rejected(
          "topic t", new InvalidInputException("found '" + "x\n".repeat(100_000) + "'"));

      assertThat(log.list).hasSize(1);
      assertThat(log.list.get(0).getFormattedMessage())
          .startsWith("topic t is left out: found 'x x x")
          .hasSizeLessThan(1100)
          .doesNotContain("\n");
      assertThat(JobView.of(service.job(id)).samples().refused()).containsEntry("invalid", 1L);
    } finally {
      logger.detachAppender(log);
    }
  }
}
