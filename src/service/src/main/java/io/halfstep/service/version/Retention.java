package io.halfstep.service.version;

import io.halfstep.service.journal.Job;
import io.halfstep.service.settings.ServiceSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which published versions of a job are kept: the newest ones, and always the newest and the
 * current one.
 *
 * @param versions how many; 0: no limit
 * @param age how long; zero: no limit
 */
public record Retention(int versions, Duration age) {

  /** Returns the policy that the settings tell. */
  public static Retention of(ServiceSettings settings) {
    return new Retention(settings.keepVersions(), settings.keepAge());
  }

  /** Returns the numbers of the versions that are no longer kept. */
  public List<Integer> expired(Job job, Instant now) {
    List<Job.Version> published = job.versions();
    return IntStream.range(0, Math.max(0, published.size() - 1))
        .filter(i -> isBeyond(published.size() - i) || isOlder(published.get(i), now))
        .mapToObj(i -> published.get(i).version())
        .filter(version -> version != job.current())
        .toList();
  }

  private boolean isBeyond(int fromTheNewest) {
    return versions > 0 && fromTheNewest > versions;
  }

  private boolean isOlder(Job.Version version, Instant now) {
    return !age.isZero() && Instant.ofEpochMilli(version.at()).plus(age).isBefore(now);
  }
}
