package io.halfstep.cli.terminal;

import io.halfstep.calibration.Progress;
import io.halfstep.calibration.ProgressListener;

/** Shows a run's progress on stderr until it is closed. */
public interface ProgressDisplay extends ProgressListener, AutoCloseable {

  /** Returns a live view on a terminal, lines elsewhere, nothing if quiet. */
  static ProgressDisplay of(Terminal terminal, boolean quiet, int layers) {
    if (quiet) {
      return Silence.INSTANCE;
    }
    return terminal.live()
        ? LiveProgress.start(terminal, layers)
        : new PlainProgress(terminal.err(), System::nanoTime);
  }

  /** Ends the display and erases its live part. */
  @Override
  void close();

  /** Shows nothing. */
  enum Silence implements ProgressDisplay {
    INSTANCE;

    @Override
    public void update(Progress progress) {}

    @Override
    public void close() {}
  }
}
