package io.halfstep.flow;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;

/** Creates the threads of a run that compute. */
public final class Workers {
  private Workers() {}

  /**
   * Returns a pool of this many threads with the lowest priority, so that messages, requests and
   * samples do not wait for computations. Linux heeds priorities with {@code
   * -XX:ThreadPriorityPolicy=1} only.
   */
  public static ForkJoinPool pool(int threads) {
    return new ForkJoinPool(threads, Workers::thread, null, false);
  }

  @SuppressWarnings("ThreadPriorityCheck") // for speed alone; nothing waits for a thread's turn
  private static ForkJoinWorkerThread thread(ForkJoinPool pool) {
    ForkJoinWorkerThread thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
    thread.setName("halfstep-worker-" + thread.getPoolIndex());
    thread.setPriority(Thread.MIN_PRIORITY);
    return thread;
  }
}
