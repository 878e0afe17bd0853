package io.halfstep.service.samples;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The running live sources of a job. */
public final class Feeders implements AutoCloseable {
  private final List<Runnable> stops = new ArrayList<>();

  private Feeders() {}

  /**
   * Starts the job's sources.
   *
   * @param places by kind of source
   */
  public static Feeders start(Map<String, String> places, LiveSource.Target target) {
    Feeders feeders = new Feeders();
    try {
      for (LiveSource source : LiveSources.ALL) {
        String place = places.get(source.key());
        if (place != null) {
          feeders.stops.add(source.start(place, target));
        }
      }
      return feeders;
    } catch (RuntimeException e) {
      feeders.close();
      throw e;
    }
  }

  /** Stops the sources; returns when no more samples arrive. */
  @Override
  public void close() {
    stops.forEach(Runnable::run);
  }
}
