package io.halfstep.service.logging;

import static java.time.temporal.ChronoUnit.MILLIS;

import io.halfstep.text.OneLine;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;

/** The newest log lines of a job. Thread-safe. */
public final class RecentLines {
  /** The number of lines that are kept. */
  public static final int KEPT = 1000;

  private final String hidden;
  private final ArrayDeque<LogLine> lines = new ArrayDeque<>();
  private long logged;

  /**
   * @param folder of the job; users do not see its path
   */
  public RecentLines(Path folder) {
    this.hidden = folder + "/";
  }

  /** Adds a line, shortened if it is long; the oldest is dropped if there are too many. */
  public synchronized void add(
      Instant time, String level, String layer, String logger, String message) {
    if (lines.size() == KEPT) {
      lines.removeFirst();
    }
    String shown = OneLine.of(message.replace(hidden, ""));
    lines.add(
        new LogLine(++logged, time.truncatedTo(MILLIS).toString(), level, layer, logger, shown));
  }

  /** Returns the newest lines, oldest first. */
  public synchronized List<LogLine> last(int most) {
    return after(logged - most);
  }

  /** Returns the lines that are numbered higher, oldest first. */
  public synchronized List<LogLine> after(long number) {
    return lines.stream().filter(line -> line.number() > number).toList();
  }
}
