package io.halfstep.calibration;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Runs a run's disk accesses for checkpoints one after another, outside its actor. */
final class CheckpointDisk {
  private final Executor io;
  private final Checkpoints.Mailbox mailbox;
  private CompletableFuture<?> last = CompletableFuture.completedFuture(null);

  CheckpointDisk(Executor io, Checkpoints.Mailbox mailbox) {
    this.io = io;
    this.mailbox = mailbox;
  }

  /**
   * Runs an action after all earlier ones, whether they succeeded or failed.
   *
   * @param then receives the outcome, in the actor
   */
  <T> CompletableFuture<T> access(
      Callable<T> access, BiConsumer<@Nullable T, @Nullable Throwable> then) {
    CompletableFuture<T> done =
        last.handleAsync(
            (before, failure) -> {
              try {
                return access.call();
              } catch (Exception e) {
                throw new CompletionException(e);
              }
            },
            io);
    last = done;
    mailbox.afterwards(done, then);
    return done;
  }

  /** Completes when nothing is being written or deleted. */
  CompletableFuture<?> quiet() {
    return last;
  }

  /** Describes a failure on one line. */
  static String why(@Nullable Throwable failure) {
    return String.valueOf(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause().getMessage()
            : failure);
  }
}
