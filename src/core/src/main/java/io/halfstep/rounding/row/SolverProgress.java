package io.halfstep.rounding.row;

import io.halfstep.rounding.RoundingControl;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;

/** Reports a solver's steps to its {@link RoundingControl}, and stops the solver when asked. */
public final class SolverProgress {
  private final RoundingControl control;
  private final long total;
  private final AtomicLong done = new AtomicLong();

  /**
   * No step is done yet.
   *
   * @param total the number of steps
   */
  public SolverProgress(RoundingControl control, long total) {
    this.control = control;
    this.total = total;
    check();
  }

  /**
   * Stops the solver if it was cancelled. Every working thread calls this at least ten times a
   * second.
   */
  public void check() {
    if (control.cancelled()) {
      throw new CancellationException("the rounding was cancelled");
    }
  }

  /** Counts a step. */
  public void step() {
    check();
    control.progress(Math.min(1, (double) done.incrementAndGet() / total));
  }
}
