package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import java.util.List;
import java.util.Map;

/** The kinds of sources that a job can take samples from besides requests. */
public final class LiveSources {
  static final List<LiveSource> ALL = List.of(new TopicSource(), new FolderSource());

  private LiveSources() {}

  /** Returns the names of the kinds, as parameters of a submission. */
  public static List<String> keys() {
    return ALL.stream().map(LiveSource::key).toList();
  }

  /**
   * Checks that the service can take samples from all these places; blocks.
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
