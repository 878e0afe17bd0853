package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import java.util.List;
import java.util.Map;

/** The kinds of places that a job can take samples from besides the requests that it is sent. */
public final class LiveSources {
  static final List<LiveSource> ALL = List.of(new TopicSource(), new FolderSource());

  private LiveSources() {}

  /** The names of the kinds, as a submission's parameters are called. */
  public static List<String> keys() {
    return ALL.stream().map(LiveSource::key).toList();
  }

  /**
   * Says whether the service can take samples from all of these places; blocks.
   *
   * @param places by kind
   * @throws InvalidInputException if it can't
   */
  public static void check(Map<String, String> places, ServiceSettings settings) {
    for (LiveSource source : ALL) {
      String place = places.get(source.key());
      if (place != null) {
        source.check(place, settings);
      }
    }
  }
}
