package io.halfstep.cli;

import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C. The command's thread is interrupted and gets some seconds to cancel what it started and
 * to remove what it half wrote; then the virtual machine ends with 130 (143 after SIGTERM).
 */
final class Interruption {
  private static final long PATIENCE_SECONDS = 10;

  private final Thread command = Thread.currentThread();
  private final CountDownLatch finished = new CountDownLatch(1);
  private final PrintWriter err;
  private final Thread hook = new Thread(this::stop, "interruption");

  private Interruption(PrintWriter err) {
    this.err = err;
  }

  /** Watches until the end; both are called by the thread that runs the command. */
  static Interruption watch(PrintWriter err) {
    Interruption interruption = new Interruption(err);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  private void stop() {
    command.interrupt();
    try {
      finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    err.println("halfstep: interrupted");
  }

  /** The command is over, done or undone. */
  void end() {
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook is running; it ends the process.
    }
  }
}
