package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.calibration.ProgressListener;
import io.halfstep.cli.terminal.ProgressDisplay;
import io.halfstep.cli.terminal.Terminal;
import java.util.List;

/** What is to be doubted before a run. */
final class Doubts {
  private Doubts() {}

  /**
   * Makes the samples if there are no real ones, and prints {@link Quantization#warnings}.
   *
   * @return the warnings
   */
  static List<String> of(Quantization quantization, Terminal terminal, boolean quiet)
      throws InterruptedException {
    try (ProgressDisplay display =
        ProgressDisplay.of(terminal, quiet, quantization.graph().layers().size())) {
      quantization.onProgress(display).synthesize();
    } finally {
      quantization.onProgress(ProgressListener.NONE);
    }
    List<String> doubts = quantization.warnings();
    if (!quiet) {
      doubts.forEach(doubt -> terminal.err().println("halfstep: warning: " + doubt));
    }
    return doubts;
  }
}
