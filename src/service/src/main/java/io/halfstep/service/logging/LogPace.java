package io.halfstep.service.logging;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Limits a repeated log line to one per minute. Thread-safe. */
public final class LogPace {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  private final LongSupplier nanos;
  private long next;

  public LogPace() {
    this(System::nanoTime);
  }

  /** Uses another clock. */
  public LogPace(LongSupplier nanos) {
    this.nanos = nanos;
    this.next = nanos.getAsLong();
  }

  /** Returns whether a line may be logged now; if so, the next one may a minute later. */
  public synchronized boolean due() {
    long now = nanos.getAsLong();
    if (now - next < 0) {
      return false;
    }
    next = now + MINUTE;
    return true;
  }
}
