package io.halfstep.service.logging;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Lets what happens again and again into the log once a minute. Thread-safe. */
public final class LogPace {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  private final LongSupplier nanos;
  private long next;

  public LogPace() {
    this(System::nanoTime);
  }

  /** With a clock of its own. */
  public LogPace(LongSupplier nanos) {
    this.nanos = nanos;
    this.next = nanos.getAsLong();
  }

  /** Whether a line may be written now; then the next one may a minute later. */
  public synchronized boolean due() {
    long now = nanos.getAsLong();
    if (now - next < 0) {
      return false;
    }
    next = now + MINUTE;
    return true;
  }
}
