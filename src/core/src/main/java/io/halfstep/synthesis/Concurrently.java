package io.halfstep.synthesis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Tasks that run on several threads. */
final class Concurrently {
  private Concurrently() {}

  /**
   * Runs tasks to their end.
   *
   * @return the results in the order of the tasks
   * @throws InterruptedException if the thread is interrupted; so are the tasks, and all have ended
   */
  static <T> List<T> run(List<Callable<T>> tasks, int threads) throws InterruptedException {
    ExecutorService workers = Executors.newFixedThreadPool(threads);
    try {
      List<Future<T>> futures = tasks.stream().map(workers::submit).toList();
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      workers.shutdownNow();
      awaitEnd(workers);
    }
  }

  /** Waits also if the thread is interrupted: the tasks end soon. */
  private static void awaitEnd(ExecutorService workers) {
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = workers.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
