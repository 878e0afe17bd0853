package io.halfstep.flow;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits the bytes of kept batches in memory over all stages of a run; further ones are spooled to
 * disk.
 */
public final class MemoryBudget {
  private final long limit;
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong spooled = new AtomicLong();
  private final AtomicLong onDisk = new AtomicLong();

  public MemoryBudget(long limit) {
    this.limit = limit;
  }

  /** Takes bytes if available; the total never exceeds the limit. */
  boolean reserve(long bytes) {
    long before = used.getAndUpdate(u -> u + bytes <= limit ? u + bytes : u);
    return before + bytes <= limit;
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }

  void countSpooled(long bytes) {
    spooled.addAndGet(bytes);
    onDisk.addAndGet(bytes);
  }

  void countReadBack(long bytes) {
    onDisk.addAndGet(-bytes);
  }

  /** Bytes of batches that are kept in memory now. */
  public long usedBytes() {
    return used.get();
  }

  /** Bytes of batches that are kept now, in memory and on disk. */
  public long keptBytes() {
    return used.get() + onDisk.get();
  }

  /** Bytes written to disk so far. */
  public long spooledBytes() {
    return spooled.get();
  }
}
