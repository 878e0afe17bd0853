package io.halfstep.cli.terminal;

import io.halfstep.calibration.Progress;
import io.halfstep.calibration.ProgressListener;

/** Shows a run's progress on stderr until it is closed. */
public interface ProgressDisplay extends ProgressListener, AutoCloseable {

  /** A live view on a terminal, lines elsewhere, nothing if quiet. */
  static ProgressDisplay of(Terminal terminal, boolean quiet, int layers) {
    if (quiet) {
      return Silence.INSTANCE;
    }
    return terminal.live()
        ? LiveProgress.start(terminal, layers)
        : new PlainProgress(terminal.err(), System::nanoTime);
  }

  /** Ends the display; what it drew to be redrawn is gone. */
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
