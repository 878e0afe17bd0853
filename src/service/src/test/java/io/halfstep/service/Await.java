package io.halfstep.service;

import java.io.IOException;
import java.time.Duration;

/** Waits for asynchronous changes in a service. */
public final class Await {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** The condition to wait for. */
  public interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  /** Returns once the condition holds; fails after a timeout. */
  public static void until(String what, Condition condition)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("not within " + PATIENCE + ": " + what);
      }
      Thread.sleep(20);
    }
  }

  private Await() {}
}
