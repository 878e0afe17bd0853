package io.halfstep.service.journal;

import akka.pattern.CircuitBreakerOpenException;
import io.halfstep.service.logging.LogPace;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the journal answers, as those who write to it find. Thread-safe. */
public final class JournalWatch {
  private static final Logger LOG = LoggerFactory.getLogger(JournalWatch.class);

  private final Map<String, String> away = new ConcurrentHashMap<>();
  private final LogPace pace;

  public JournalWatch(LogPace pace) {
    this.pace = pace;
  }

  /** An event could not be stored; the writer begins anew. */
  public void away(String writer) {
    away(writer, "an event could not be stored");
  }

  /** The events could not be read; the writer tries again. */
  public void away(String writer, Throwable failure) {
    boolean known = failure instanceof CircuitBreakerOpenException && away.containsKey(writer);
    away(writer, known ? String.valueOf(away.get(writer)) : String.valueOf(failure.getMessage()));
  }

  private void away(String writer, String why) {
    away.put(writer, why);
    if (pace.due()) {
      LOG.warn(
          "the journal does not answer: {}; jobs are unavailable until it does, samples are taken"
              + " as before",
          why);
    }
  }

  /** A writer has read all its events. */
  public void back(String writer) {
    if (away.remove(writer) != null && away.isEmpty()) {
      LOG.info("the journal answers again");
    }
  }

  /** There is no such writer any more. */
  public void forget(String writer) {
    away.remove(writer);
  }

  /** Why a writer gets no answer; null if it does. */
  public @Nullable String why(String writer) {
    return away.get(writer);
  }

  /** Whether some writer gets no answer. */
  public boolean isAway() {
    return !away.isEmpty();
  }
}
