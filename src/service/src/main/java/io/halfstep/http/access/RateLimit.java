package io.halfstep.http.access;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Limits a rate by a token bucket: it fills evenly, holds what comes in one second, and is full at
 * the start. What is larger than the bucket is taken when it is full, and must be made up for
 * afterwards, so that the mean rate holds for any size.
 */
public final class RateLimit {
  private static final double SECOND = TimeUnit.SECONDS.toNanos(1);

  private final double perSecond;
  private final LongSupplier nanos;
  private double content;
  private long filled;

  /**
   * @param perSecond the rate; 0: no limit
   */
  public RateLimit(long perSecond) {
    this(perSecond, System::nanoTime);
  }

  RateLimit(long perSecond, LongSupplier nanos) {
    this.perSecond = perSecond;
    this.nanos = nanos;
    this.content = perSecond;
    this.filled = nanos.getAsLong();
  }

  /**
   * Takes an amount, if the bucket holds it or is full.
   *
   * @return 0 if it was taken, else the number of seconds after which it may be asked for again
   */
  public synchronized long take(long amount) {
    if (perSecond == 0) {
      return 0;
    }
    long now = nanos.getAsLong();
    content = Math.min(perSecond, content + (now - filled) / SECOND * perSecond);
    filled = now;
    double missing = Math.min((double) amount, perSecond) - content;
    if (missing > 0) {
      return (long) Math.ceil(missing / perSecond);
    }
    content -= amount;
    return 0;
  }

  /** Takes an amount that has come already. */
  synchronized void took(long amount) {
    content -= amount;
  }
}
