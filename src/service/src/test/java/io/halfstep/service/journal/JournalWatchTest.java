package io.halfstep.service.journal;

import static org.assertj.core.api.Assertions.assertThat;

import akka.pattern.CircuitBreakerOpenException;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.halfstep.service.logging.LogPace;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import scala.concurrent.duration.FiniteDuration;

class JournalWatchTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(JournalWatch.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final AtomicLong nanos = new AtomicLong();
  private final JournalWatch watch = new JournalWatch(new LogPace(nanos::get));

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void leave() {
    logger.detachAppender(log);
  }

  @Test
  void manyWritersAndManyAttemptsAreALineAMinute() {
    for (int attempt = 0; attempt < 50; attempt++) {
      for (String writer : new String[] {"jobs", "a-1", "b-2"}) {
        watch.away(writer, new IllegalStateException("refused"));
      }
    }
    assertThat(log.list).hasSize(1);
    assertThat(log.list.get(0).getFormattedMessage()).contains("does not answer: refused");

    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    watch.away("jobs");
    assertThat(log.list).hasSize(2);
  }

  @Test
  void eachIsBackForItself() {
    watch.away("jobs");
    watch.away("a-1");
    watch.back("jobs");

    assertThat(watch.why("jobs")).isNull();
    assertThat(watch.why("a-1")).isNotNull();
    assertThat(watch.isAway()).isTrue();
    watch.back("a-1");
    assertThat(watch.isAway()).isFalse();
  }

  @Test
  void aBreakerThatIsOpenIsNoReason() {
    watch.away("jobs", new IllegalStateException("refused"));
    watch.away("jobs", new CircuitBreakerOpenException(FiniteDuration.apply(1, "s"), "open"));

    assertThat(watch.why("jobs")).isEqualTo("refused");
  }
}
