package io.halfstep.service.journal;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a job according to its events.
 *
 * @param phase the current phase
 * @param windowStart the number of the first sample that the version under way learns from
 * @param sealedAt the number after its last sample; −1 while samples are still taken
 * @param versions published so far
 * @param checkpoint the newest complete checkpoint, or null
 * @param failure why it failed, or null
 */
public record Job(
    JobSpec spec,
    Phase phase,
    long windowStart,
    long sealedAt,
    List<Version> versions,
    JobEvent.@Nullable CheckpointCompleted checkpoint,
    @Nullable String failure)
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

  public static Job submitted(JobSpec spec) {
    return new Job(spec, Phase.ACTIVE, 0, -1, List.of(), null, null);
  }

  /** Returns whether the version under way has all its samples. */
  public boolean isSealed() {
    return sealedAt >= 0;
  }

  /** Returns the number after the last sample that the version under way may learn from. */
  public long windowEnd() {
    return isSealed() ? sealedAt : windowStart + spec.samples();
  }

  /** Returns the number of the version under way. */
  public int nextVersion() {
    return versions.size() + 1;
  }

  public Job apply(JobEvent event) {
    if (event instanceof JobEvent.Sealed e) {
      return new Job(spec, phase, windowStart, e.end(), versions, checkpoint, null);
    } else if (event instanceof JobEvent.CheckpointCompleted e) {
      return new Job(spec, phase, windowStart, sealedAt, versions, e, null);
    } else if (event instanceof JobEvent.Published e) {
      return published(e);
    } else if (event instanceof JobEvent.Failed e) {
      return new Job(spec, Phase.FAILED, windowStart, sealedAt, versions, checkpoint, e.reason());
    } else if (event instanceof JobEvent.Paused) {
      return in(Phase.PAUSED);
    } else if (event instanceof JobEvent.Resumed) {
      return in(Phase.ACTIVE);
    } else {
      return in(Phase.CANCELLED);
    }
  }

  private Job in(Phase next) {
    return new Job(spec, next, windowStart, sealedAt, versions, checkpoint, null);
  }

  private Job published(JobEvent.Published e) {
    List<Version> all = new ArrayList<>(versions);
    all.add(new Version(e.version(), e.samples(), e.bytes(), e.at(), e.notes()));
    boolean last = all.size() == spec.versions();
    return new Job(
        spec, last ? Phase.COMPLETED : phase, windowEnd(), -1, List.copyOf(all), null, null);
  }
}
