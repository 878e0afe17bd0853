package io.halfstep.layer;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of kept batches may stay in memory, over all stages of a run; what passes it goes
 * to disk.
 */
public final class MemoryBudget {
  private final long limit;
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong spooled = new AtomicLong();

  public MemoryBudget(long limit) {
    this.limit = limit;
  }

  long limit() {
    return limit;
  }

  boolean reserve(long bytes) {
    if (used.addAndGet(bytes) <= limit) {
      return true;
    }
    used.addAndGet(-bytes);
    return false;
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }

  void countSpooled(long bytes) {
    spooled.addAndGet(bytes);
  }

  /** Bytes of batches that are kept in memory now. */
  public long usedBytes() {
    return used.get();
  }

  /** Bytes written to disk so far. */
  public long spooledBytes() {
    return spooled.get();
  }
}
