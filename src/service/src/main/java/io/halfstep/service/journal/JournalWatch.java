package io.halfstep.service.journal;

import akka.pattern.CircuitBreakerOpenException;
import io.halfstep.service.logging.LogPace;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tracks whether the journal is available, from what its writers report. Thread-safe. */
public final class JournalWatch {
  private static final Logger LOG = LoggerFactory.getLogger(JournalWatch.class);

  private final Map<String, String> away = new ConcurrentHashMap<>();
  private final LogPace pace;

  public JournalWatch(LogPace pace) {
    this.pace = pace;
  }

  /** Records that an event could not be stored; the writer restarts. */
  public void away(String writer) {
    away(writer, "an event could not be stored");
  }

  /** Records that events could not be read; the writer retries. */
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

  /** Records that a writer has read all its events. */
  public void back(String writer) {
    if (away.remove(writer) != null && away.isEmpty()) {
      LOG.info("the journal answers again");
    }
  }

  /** Forgets a writer that no longer exists. */
  public void forget(String writer) {
    away.remove(writer);
  }

  /** Returns why the journal is unavailable to a writer; null if it is available. */
  public @Nullable String why(String writer) {
    return away.get(writer);
  }

  /** Returns whether the journal is unavailable to some writer. */
  public boolean isAway() {
    return !away.isEmpty();
  }
}
