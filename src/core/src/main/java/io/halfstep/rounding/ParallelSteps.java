package io.halfstep.rounding;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A loop whose turns run side by side, and that is over when it returns. */
final class ParallelSteps {
  private ParallelSteps() {}

  /**
   * Runs a step for each of the numbers {@code [0, count)} on the calling ForkJoinPool. Where one
   * throws, those that have not begun are left out, and this throws the same when all others have
   * ended. (A parallel stream throws while some still run: memory off the heap that they use must
   * not be freed then.)
   */
  static void run(int count, IntConsumer step) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    IntStream.range(0, count)
        .parallel()
        .forEach(
            i -> {
              if (failure.get() == null) {
                try {
                  step.accept(i);
                } catch (RuntimeException | Error e) {
                  failure.compareAndSet(null, e);
                }
              }
            });
    Throwable thrown = failure.get();
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
  }
}
