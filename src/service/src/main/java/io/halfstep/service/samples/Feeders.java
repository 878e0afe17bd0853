package io.halfstep.service.samples;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The live sources that bring samples to a job, while they run. */
public final class Feeders implements AutoCloseable {
  private final List<Runnable> stops = new ArrayList<>();

  private Feeders() {}

  /**
   * Starts what the job asks for.
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

  /** Stops them; returns when nothing more comes. */
  @Override
  public void close() {
    stops.forEach(Runnable::run);
  }
}
