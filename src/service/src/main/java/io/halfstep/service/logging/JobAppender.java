package io.halfstep.service.logging;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.LoggerFactory;

/** Keeps the lines of {@link JobLog}, as the service logs them. */
public final class JobAppender extends UnsynchronizedAppenderBase<ILoggingEvent>
    implements AutoCloseable {
  private final Function<String, Optional<RecentLines>> jobs;

  private JobAppender(Function<String, Optional<RecentLines>> jobs) {
    this.jobs = jobs;
  }

  /**
   * Starts to keep lines.
   *
   * @param jobs the place for the lines of the job with an id; empty if there is no such job
   */
  public static JobAppender start(Function<String, Optional<RecentLines>> jobs) {
    JobAppender appender = new JobAppender(jobs);
    appender.setContext((LoggerContext) LoggerFactory.getILoggerFactory());
    appender.start();
    root().addAppender(appender);
    return appender;
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Override
  protected void append(ILoggingEvent event) {
    Map<String, String> about = event.getMDCPropertyMap();
    String job = about.get("job");
    if (job != null) {
      String logger = event.getLoggerName();
      jobs.apply(job)
          .ifPresent(
              lines ->
                  lines.add(
                      event.getInstant(),
                      event.getLevel().toString(),
                      about.getOrDefault("layer", ""),
                      logger.substring(logger.lastIndexOf('.') + 1),
                      event.getFormattedMessage()));
    }
  }

  @Override
  public void close() {
    root().detachAppender(this);
    stop();
  }
}
