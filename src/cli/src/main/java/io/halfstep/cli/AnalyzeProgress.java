package io.halfstep.cli;

import io.halfstep.analysis.Trial;
import io.halfstep.cli.terminal.TimeLeft;
import io.halfstep.text.Figures;
import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** A line for each run of {@code analyze}. */
final class AnalyzeProgress {
  private final PrintWriter err;
  private final LongSupplier clock;
  private final int most;
  private final TimeLeft timeLeft;
  private int done;

  /**
   * @param clock nanoseconds, as {@link System#nanoTime()}
   * @param most the number of runs at most
   */
  AnalyzeProgress(PrintWriter err, LongSupplier clock, int most) {
    this.err = err;
    this.clock = clock;
    this.most = most;
    this.timeLeft = new TimeLeft(clock.getAsLong());
  }

  /** Says how many runs there will be. */
  void start() {
    err.printf("at most %d runs%n", most);
  }

  /** Says what a run gave. */
  void done(Trial trial) {
    done++;
    err.printf(
        "run %d  %s  SQNR %s dB%s%n",
        done,
        trial.name(),
        Figures.number(trial.sqnrDb(), 1),
        timeLeft
            .text((double) done / most, clock.getAsLong())
            .map(left -> "  " + left + " at most")
            .orElse(""));
  }
}
