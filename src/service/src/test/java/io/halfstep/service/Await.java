package io.halfstep.service;

import java.io.IOException;
import java.time.Duration;

/** Waits for what a service does on its own. */
public final class Await {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** What is waited for. */
  public interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  /** Returns when this holds; fails if it does not in time. */
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
