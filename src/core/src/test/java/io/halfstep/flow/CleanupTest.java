package io.halfstep.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CleanupTest {
  private final CountDownLatch cleanupWaits = new CountDownLatch(1);
  private final ForkJoinPool workers =
      new ForkJoinPool(2) {
        @Override
        public boolean awaitQuiescence(long timeout, TimeUnit unit) {
          cleanupWaits.countDown();
          return super.awaitQuiescence(timeout, unit);
        }
      };
  private final ForkJoinPool waiting = new ForkJoinPool(1);
  private final Cleanup cleanup = new Cleanup();

  @AfterEach
  void shutdown() {
    workers.shutdownNow();
    waiting.shutdownNow();
  }

  /**
   * One part fails the whole computation at once, while another part runs until the cleanup waits.
   */
  @Test
  void waitsForThePartsOfAFailedComputation() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean atWork = new AtomicBoolean();
    AtomicBoolean closedAtWork = new AtomicBoolean();
    CompletableFuture<Void> work =
        CompletableFuture.runAsync(
            () -> {
              Thread caller = Thread.currentThread();
              IntStream.range(0, 2)
                  .parallel()
                  .forEach(
                      part -> {
                        if (Thread.currentThread().equals(caller)) {
                          await(begun);
                          throw new IllegalStateException("failed");
                        }
                        atWork.set(true);
                        begun.countDown();
                        await(cleanupWaits);
                        atWork.set(false);
                      });
            },
            workers);
    cleanup.add(work, List.of(() -> closedAtWork.set(atWork.get())));
    cleanup.run(workers, waiting).get(60, TimeUnit.SECONDS);

    assertThat(work).isCompletedExceptionally();
    assertThat(closedAtWork).isFalse();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void oneThatCannotBeClosedDoesNotKeepTheOthersOpen() throws Exception {
    AtomicBoolean closed = new AtomicBoolean();
    cleanup.add(
        CompletableFuture.failedFuture(new IllegalStateException("failed")),
        List.of(
            () -> {
              throw new IllegalStateException("jammed");
            },
            () -> closed.set(true)));
    cleanup.run(workers, waiting).get(60, TimeUnit.SECONDS);
    assertThat(closed).isTrue();
  }
}
