package io.halfstep.checkpoint;

import io.halfstep.protocol.StageId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statistics that one run over a part of an unending stream leaves to the run over the next part,
 * so that earlier samples count on, but less and less.
 *
 * @param earlier what the run before has left; null for the first one
 * @param awaited what it has left so far, if it may be under way; null if it has ended
 * @param next receives what this run leaves
 * @param left is told so
 * @param weight of an earlier sample in proportion to one of this run, at least 0, less than 1
 */
public record StatisticsHistory(
    @Nullable CheckpointStore earlier,
    @Nullable LeftStatistics awaited,
    CheckpointStore next,
    LeftStatistics left,
    double weight) {
  private static final Logger LOG = LoggerFactory.getLogger(StatisticsHistory.class);

  /** Returns the weight of samples after which as many have come as this run has. */
  public static double weight(long samples, long halfLife) {
    return Math.pow(2, -(double) samples / halfLife);
  }

  /** Completes when {@link #recall} can read what the run before leaves of a stage. */
  public CompletableFuture<?> ready(StageId stage, String kind) {
    return awaited == null
        ? CompletableFuture.completedFuture(null)
        : awaited.of(name(stage, kind));
  }

  /**
   * Reads what the run before has left of a stage; blocking. What can't be read is left out, and
   * the log says so.
   *
   * @param kind of the stage's statistics
   * @return null if there is nothing
   */
  public <T> @Nullable T recall(StageId stage, String kind, CheckpointStore.Reader<T> reader) {
    if (earlier == null) {
      return null;
    }
    String name = name(stage, kind);
    try {
      earlier.verify(name);
      return earlier.read(name, reader);
    } catch (IOException e) {
      LOG.warn("earlier statistics are left out: {}", e.getMessage());
      return null;
    }
  }

  /**
   * Writes what the next run is to read; blocking.
   *
   * @throws UncheckedIOException if it can't be written
   */
  public void leave(StageId stage, String kind, CheckpointStore.Writer content) {
    String name = name(stage, kind);
    try {
      next.open();
      next.publish(name, content);
      left.add(name);
    } catch (IOException e) {
      throw new UncheckedIOException(next.locate(name) + ": can't be written", e);
    }
  }

  private static String name(StageId stage, String kind) {
    return StageStates.nameOf(stage) + "." + kind;
  }
}
