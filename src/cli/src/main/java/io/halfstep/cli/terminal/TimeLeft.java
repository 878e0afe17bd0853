package io.halfstep.cli.terminal;

import io.halfstep.text.Figures;
import java.util.Optional;

/** Estimates the time left from the share of the work that is done. */
public final class TimeLeft {
  private static final double LEAST_SHARE = 0.03;
  private static final double LEAST_SECONDS = 2;

  private final long start;

  /**
   * @param start of the work, as {@link System#nanoTime()}
   */
  public TimeLeft(long start) {
    this.start = start;
  }

  double elapsedSeconds(long now) {
    return (now - start) / 1e9;
  }

  /** Returns {@code about 0:12 left}; empty at the end, or if there is too little to judge by. */
  public Optional<String> text(double share, long now) {
    double elapsed = elapsedSeconds(now);
    return share < LEAST_SHARE || share >= 1 || elapsed < LEAST_SECONDS
        ? Optional.empty()
        : Optional.of("about " + Figures.clock(elapsed * (1 - share) / share) + " left");
  }
}
