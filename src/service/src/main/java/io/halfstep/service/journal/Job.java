package io.halfstep.service.journal;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.halfstep.service.journal.JobEvent.CheckpointCompleted;
import io.halfstep.service.journal.JobEvent.Rejected;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state of a job according to its events.
 *
 * @param phase the current phase
 * @param windowStart the number of the first sample that the version under way learns from
 * @param sealedAt the number after its last sample; −1 while samples are still taken
 * @param versions the published versions that are kept, the newest last
 * @param current the number of the version in use: the newest, or after a roll back an earlier one;
 *     0 before the first
 * @param checkpoint the newest complete checkpoint, or null
 * @param failure why it failed, or null
 * @param rejected the newest version that was not published, or null
 * @param openedAt when the version under way began to take samples, in milliseconds since 1970
 * @param endedAt milliseconds since 1970; 0 if it has not ended, or an older journal does not tell
 */
public record Job(
    JobSpec spec,
    Phase phase,
    long windowStart,
    long sealedAt,
    List<Version> versions,
    int current,
    @Nullable CheckpointCompleted checkpoint,
    @Nullable String failure,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Rejected rejected,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) long openedAt,
    long endedAt)
    implements JournalEntry {

  /** The phase of a job. */
  public enum Phase {
    /** It takes samples, computes, or both. */
    ACTIVE,
    /** It takes samples but does not compute. */
    PAUSED,
    COMPLETED,
    CANCELLED,
    FAILED;

    /** Returns whether the phase can't change any more. */
    public boolean isFinal() {
      return this != ACTIVE && this != PAUSED;
    }
  }

  /**
   * A published version.
   *
   * @param version from 1
   * @param samples how many samples it learned from
   * @param bytes the size of the quantized model
   * @param at milliseconds since 1970
   * @param notes about its samples, one line each
   */
  public record Version(
      int version,
      long samples,
      long bytes,
      long at,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> notes) {
    public Version {
      notes = notes == null ? List.of() : List.copyOf(notes); // older journals have none
    }
  }

  public Job {
    current = current == 0 ? newest(versions) : current; // older journals have none
  }

  public static Job submitted(JobSpec spec) {
    return new Job(
        spec, Phase.ACTIVE, 0, -1, List.of(), 0, null, null, null, spec.submittedAt(), 0);
  }

  /** Returns whether the version under way has all its samples. */
  public boolean isSealed() {
    return sealedAt >= 0;
  }

  /** Returns the number after the last sample that the version under way may learn from. */
  public long windowEnd() {
    return isSealed() ? sealedAt : windowStart + spec.samples();
  }

  /** Returns the number of the newest version, which is always kept; 0 before the first. */
  public int newestVersion() {
    return newest(versions);
  }

  private static int newest(List<Version> versions) {
    return versions.isEmpty() ? 0 : versions.get(versions.size() - 1).version();
  }

  /** Returns the number of the version under way. */
  public int nextVersion() {
    return newestVersion() + 1;
  }

  /** Returns whether the version is published and kept. */
  public boolean has(int version) {
    return versions.stream().anyMatch(kept -> kept.version() == version);
  }

  /** Returns the number of the newest kept version that is older than the current one. */
  public Optional<Integer> previousVersion() {
    return versions.stream()
        .map(Version::version)
        .filter(version -> version < current)
        .reduce((older, newer) -> newer);
  }

  /**
   * Returns the number after the last sample that the log takes: those of the next version may
   * come.
   */
  public long logEnd() {
    return windowEnd() + (nextVersion() == spec.versions() ? 0 : spec.samples());
  }

  /**
   * Returns the state once the version under way is published, and the next one has its samples.
   */
  public Job withNextPublished() {
    return apply(new JobEvent.Published(nextVersion(), 0, 0, openedAt, List.of()))
        .apply(new JobEvent.Sealed(logEnd(), openedAt));
  }

  public Job apply(JobEvent event) {
    Change next = new Change(this);
    if (event instanceof JobEvent.Sealed e) {
      next.sealedAt = e.end();
      next.failure = null;
    } else if (event instanceof CheckpointCompleted e) {
      next.checkpoint = e;
      next.failure = null;
    } else if (event instanceof JobEvent.Published e) {
      next.published(e);
    } else if (event instanceof Rejected e) {
      next.rejected = e;
      next.newWindow(e.at());
    } else if (event instanceof JobEvent.VersionsDropped e) {
      next.versions =
          versions.stream().filter(version -> !e.versions().contains(version.version())).toList();
    } else if (event instanceof JobEvent.RolledBack e) {
      next.current = e.version();
    } else if (event instanceof JobEvent.Failed e) {
      next.enter(Phase.FAILED, e.reason(), e.at());
    } else if (event instanceof JobEvent.Paused) {
      next.enter(Phase.PAUSED, null, 0);
    } else if (event instanceof JobEvent.Resumed) {
      next.enter(Phase.ACTIVE, null, 0);
    } else if (event instanceof JobEvent.Cancelled e) {
      next.enter(Phase.CANCELLED, null, e.at());
    }
    return next.job();
  }

  /** The next state, field by field. */
  private static final class Change {
    private final JobSpec spec;
    private final long windowEnd;
    private Phase phase;
    private long windowStart;
    private long sealedAt;
    private List<Version> versions;
    private int current;
    private @Nullable CheckpointCompleted checkpoint;
    private @Nullable String failure;
    private @Nullable Rejected rejected;
    private long openedAt;
    private long endedAt;

    Change(Job job) {
      spec = job.spec;
      windowEnd = job.windowEnd();
      phase = job.phase;
      windowStart = job.windowStart;
      sealedAt = job.sealedAt;
      versions = job.versions;
      current = job.current;
      checkpoint = job.checkpoint;
      failure = job.failure;
      rejected = job.rejected;
      openedAt = job.openedAt;
      endedAt = job.endedAt;
    }

    void enter(Phase next, @Nullable String why, long ended) {
      phase = next;
      failure = why;
      endedAt = ended;
    }

    void newWindow(long at) {
      windowStart = windowEnd;
      sealedAt = -1;
      checkpoint = null;
      failure = null;
      openedAt = at;
    }

    void published(JobEvent.Published e) {
      List<Version> all = new ArrayList<>(versions);
      all.add(new Version(e.version(), e.samples(), e.bytes(), e.at(), e.notes()));
      versions = List.copyOf(all);
      current = e.version();
      newWindow(e.at());
      if (e.version() == spec.versions()) {
        enter(Phase.COMPLETED, null, e.at());
      }
    }

    Job job() {
      return new Job(
          spec,
          phase,
          windowStart,
          sealedAt,
          versions,
          current,
          checkpoint,
          failure,
          rejected,
          openedAt,
          endedAt);
    }
  }
}
