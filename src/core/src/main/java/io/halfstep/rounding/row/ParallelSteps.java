package io.halfstep.rounding.row;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A parallel loop that has no step running when it returns. */
public final class ParallelSteps {
  private ParallelSteps() {}

  /**
   * Runs a step for each of the numbers {@code [0, count)} on the calling ForkJoinPool. If a step
   * throws, steps that have not begun are skipped, and the exception is thrown again once all
   * running steps have ended. A parallel stream would throw while some still run; the caller could
   * then free off-heap memory that they use.
   */
  public static void run(int count, IntConsumer step) {
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
