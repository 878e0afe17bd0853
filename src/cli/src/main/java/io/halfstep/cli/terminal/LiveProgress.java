package io.halfstep.cli.terminal;

import io.halfstep.calibration.Progress;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A two-line view that is redrawn in place, at most ten times a second. Finished layers scroll away
 * above it.
 *
 * <p>Each redraw is one write that overwrites the lines without clearing them first, so that
 * nothing flickers.
 */
final class LiveProgress implements ProgressDisplay {
  private static final long INTERVAL_MILLIS = 100;

  /** How long the view stays with one of several concurrent layers. */
  private static final long STAY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final String HIDE_CURSOR = "\u001b[?25l";
  private static final String SHOW_CURSOR = "\u001b[?25h";
  private static final String UP = "\u001b[2A\r";
  private static final String ERASE_REST_OF_LINE = "\u001b[K";
  private static final String ERASE_BELOW = "\u001b[J";
  private static final int BAR = 30;

  private final Terminal terminal;
  private final int layers;
  private final TimeLeft timeLeft;
  private final Set<String> done = new HashSet<>();
  private final List<Progress> justDone = new ArrayList<>();
  private @Nullable Progress shown;
  private long shownAt;
  private double share;
  private double latestRatio = Double.NaN;
  private boolean drawn;
  private final Timer timer = new Timer("progress", true);

  LiveProgress(Terminal terminal, int layers, long now) {
    this.terminal = terminal;
    this.layers = layers;
    this.timeLeft = new TimeLeft(now);
  }

  static LiveProgress start(Terminal terminal, int layers) {
    LiveProgress view = new LiveProgress(terminal, layers, System.nanoTime());
    TimerTask redraw =
        new TimerTask() {
          @Override
          public void run() {
            view.draw(System.nanoTime());
          }
        };
    view.timer.schedule(redraw, INTERVAL_MILLIS, INTERVAL_MILLIS);
    return view;
  }

  @Override
  public void update(Progress progress) {
    update(progress, System.nanoTime());
  }

  synchronized void update(Progress progress, long now) {
    share = Math.max(share, progress.share());
    if (!Double.isNaN(progress.loss()) && done.add(progress.layer())) {
      justDone.add(progress);
      latestRatio = progress.loss();
    }
    Progress current = shown;
    if (current == null
        || current.layer().equals(progress.layer())
        || !current.pass().equals(progress.pass())
        || done.contains(current.layer())
        || now - shownAt > STAY_NANOS) {
      shown = progress;
      shownAt = now;
    }
  }

  synchronized void draw(long now) {
    Progress current = shown;
    if (current == null) {
      return;
    }
    StringBuilder frame = new StringBuilder(drawn ? UP : HIDE_CURSOR);
    for (Progress layer : justDone) {
      line(frame, "  " + layer.layer() + "  ratio " + Figures.number(layer.loss(), 3));
    }
    justDone.clear();
    line(frame, what(current));
    line(frame, howFar(now));
    terminal.err().print(frame);
    terminal.err().flush();
    drawn = true;
  }

  private void line(StringBuilder frame, String text) {
    // The last column stays empty, since some terminals wrap there.
    frame
        .append(Figures.shorten(text, terminal.columns() - 1))
        .append(ERASE_REST_OF_LINE)
        .append('\n');
  }

  /** Fits the layer's name into the space beside the figures. */
  private String what(Progress current) {
    StringBuilder figures = new StringBuilder();
    if (!done.isEmpty()) {
      figures.append("  ").append(done.size()).append(" of ").append(layers).append(" layers");
    }
    if (!Double.isNaN(latestRatio)) {
      figures.append("  ratio ").append(Figures.number(latestRatio, 3));
    }
    if (current.samples() > 0) {
      figures.append("  ").append(current.samples());
      if (current.totalSamples() > 0) {
        figures.append('/').append(current.totalSamples());
      }
      figures.append(" samples");
    }
    if (current.queuedBytes() > 0) {
      figures.append("  ").append(Figures.bytes(current.queuedBytes())).append(" queued");
    }
    String pass = String.format("%-7s ", current.pass());
    int room = terminal.columns() - 1 - pass.length() - figures.length();
    return (pass + Figures.shorten(current.layer(), Math.max(0, room)) + figures).stripTrailing();
  }

  private String howFar(long now) {
    int full = (int) Math.round(BAR * share);
    return "["
        + "█".repeat(full)
        + "·".repeat(BAR - full)
        + "] "
        + String.format("%3.0f %%  ", 100 * share)
        + Figures.clock(timeLeft.elapsedSeconds(now))
        + timeLeft.text(share, now).map(left -> ", " + left).orElse("");
  }

  @Override
  public void close() {
    timer.cancel();
    synchronized (this) {
      if (drawn) {
        // Layers that finished since the last redraw are still to be printed.
        StringBuilder end = new StringBuilder(UP).append(ERASE_BELOW);
        justDone.forEach(
            p -> line(end, "  " + p.layer() + "  ratio " + Figures.number(p.loss(), 3)));
        terminal.err().print(end.append(SHOW_CURSOR));
        terminal.err().flush();
      }
    }
  }
}
