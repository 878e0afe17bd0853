package io.halfstep.rounding;

import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;

/** Counts a solver's steps for its {@link Rounder.Control}, and stops it when asked. */
final class Progress {
  private final Rounder.Control control;
  private final long total;
  private final AtomicLong done = new AtomicLong();

  Progress(Rounder.Control control, long total) {
    this.control = control;
    this.total = total;
    check();
  }

  /** Called at least every tenth of a second by whoever works. */
  void check() {
    if (control.cancelled()) {
      throw new CancellationException("the rounding was cancelled");
    }
  }

  void step() {
    check();
    control.progress(Math.min(1, (double) done.incrementAndGet() / total));
  }
}
