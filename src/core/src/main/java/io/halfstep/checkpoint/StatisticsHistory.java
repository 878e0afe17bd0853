package io.halfstep.checkpoint;

import io.halfstep.protocol.StageId;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statistics that one run over a part of an unending stream leaves to the run over the next part,
 * so that earlier samples count on, but less and less.
 *
 * @param earlier what the run before has left; null for the first one
 * @param next receives what this run leaves
 * @param weight of an earlier sample in proportion to one of this run, in (0, 1)
 */
public record StatisticsHistory(
    @Nullable CheckpointStore earlier, CheckpointStore next, double weight) {
  private static final Logger LOG = LoggerFactory.getLogger(StatisticsHistory.class);

  /** Statistics of one stage that can be added. */
  public interface Additive {
    /** Adds statistics that {@link #save} wrote, times a weight. */
    void add(WireReader earlier, double weight) throws IOException;

    void save(WireWriter to) throws IOException;
  }

  /** Returns the weight of samples after which as many have come as this run has. */
  public static double weight(long samples, long halfLife) {
    return Math.pow(2, -(double) samples / halfLife);
  }

  /**
   * Adds what the run before has left to statistics, and leaves the sum to the next run; blocking.
   * Earlier statistics that can't be read are left out, and the log says so.
   *
   * @param kind of the stage's statistics
   * @throws UncheckedIOException if the sum can't be written
   */
  public void extend(StageId stage, String kind, Additive statistics) {
    String name = StageStates.nameOf(stage) + "." + kind;
    if (earlier != null) {
      try {
        earlier.verify(name);
        earlier.read(
            name,
            from -> {
              statistics.add(from, weight);
              return statistics;
            });
      } catch (IOException e) {
        LOG.warn("earlier statistics are left out: {}", e.getMessage());
      }
    }
    try {
      next.open();
      next.publish(name, statistics::save);
    } catch (IOException e) {
      throw new UncheckedIOException(next.locate(name) + ": can't be written", e);
    }
  }
}
