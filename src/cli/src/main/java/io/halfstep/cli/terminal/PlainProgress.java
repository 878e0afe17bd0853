package io.halfstep.cli.terminal;

import io.halfstep.calibration.Progress;
import io.halfstep.text.Figures;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Progress as lines for a log: when a pass starts, when a layer is done, and every five seconds in
 * between.
 */
final class PlainProgress implements ProgressDisplay {
  private static final long INTERVAL = TimeUnit.SECONDS.toNanos(5);

  private final PrintWriter err;
  private final LongSupplier clock;
  private final TimeLeft timeLeft;
  private final Set<String> done = new HashSet<>();
  private String pass = "";
  private long last;

  /**
   * @param clock nanoseconds, as {@link System#nanoTime()}
   */
  PlainProgress(PrintWriter err, LongSupplier clock) {
    this.err = err;
    this.clock = clock;
    this.timeLeft = new TimeLeft(clock.getAsLong());
    this.last = clock.getAsLong();
  }

  @Override
  public synchronized void update(Progress progress) {
    long now = clock.getAsLong();
    boolean layerDone = !Double.isNaN(progress.loss()) && done.add(progress.layer());
    if (layerDone || !progress.pass().equals(pass) || now - last >= INTERVAL) {
      pass = progress.pass();
      last = now;
      err.println(line(progress, layerDone, now));
    }
  }

  private String line(Progress progress, boolean layerDone, long now) {
    StringBuilder line = new StringBuilder(String.format("%-7s ", progress.pass()));
    if (!progress.layer().isEmpty()) {
      line.append(progress.layer()).append("  ");
    }
    if (layerDone) {
      line.append("ratio ").append(Figures.number(progress.loss(), 3)).append("  ");
    } else if (progress.totalSamples() > 0) {
      line.append(progress.samples()).append('/').append(progress.totalSamples());
      line.append(" samples  ");
    } else if (progress.samples() > 0) {
      line.append(progress.samples()).append(" samples  ");
    }
    line.append(String.format("%.0f %%", 100 * progress.share()));
    timeLeft.text(progress.share(), now).ifPresent(left -> line.append("  ").append(left));
    return line.toString();
  }

  @Override
  public void close() {}
}
