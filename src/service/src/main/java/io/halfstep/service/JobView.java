package io.halfstep.service;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.halfstep.calibration.Progress;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.Job.Phase;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.samples.IntakeCounts;
import io.halfstep.service.samples.Refusal;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A job as users see it, in JSON.
 *
 * @param status one of {@link #STATUSES}
 * @param samples of the version under way
 * @param progress of the calibration; null if none has started
 * @param ahead of the next version; null if its calibration has not begun
 * @param versions the published versions that are kept
 * @param current the number of the version in use; null before the first
 * @param rejected the newest version that was not published; null if there is none
 * @param drift how far the samples have moved since the version before; null if it is unknown
 * @param notes what is to be doubted about the samples of the version under way, one line each
 * @param error why it failed, waits, or is unavailable
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record JobView(
    String id,
    String model,
    String status,
    String submitted,
    Samples samples,
    @Nullable Calibrating progress,
    @Nullable Ahead ahead,
    List<Version> versions,
    @Nullable Integer current,
    @Nullable Rejected rejected,
    @Nullable Drift drift,
    List<String> notes,
    @Nullable String error) {
  private static final String WAITING = "waiting";
  private static final String UNAVAILABLE = "unavailable";

  /** The possible statuses. */
  public static final List<String> STATUSES =
      List.of(
          "collecting",
          "calibrating",
          "paused",
          WAITING,
          UNAVAILABLE,
          "completed",
          "cancelled",
          "failed");

  /**
   * Counts of samples since the service started, except {@code collected}, which survives restarts.
   *
   * @param collected the samples that the version under way has
   * @param wanted the samples that it needs
   * @param skipped the samples that were offered but not needed
   * @param refused by reason
   */
  public record Samples(
      long collected, long wanted, long taken, long skipped, Map<String, Long> refused) {}

  /**
   * A calibration.
   *
   * @param share of all its work, 0 to 1
   * @param ratios {@code L / L(nearest)} of the layers that are rounded
   */
  public record Calibrating(
      String pass, String layer, long samples, double share, Map<String, Double> ratios) {}

  /**
   * The calibration of the next version, while the one before is under way.
   *
   * @param share of all its work, 0 to 1
   */
  public record Ahead(int version, String pass, String layer, double share) {}

  /**
   * A published version.
   *
   * @param notes what is to be doubted about its samples, one line each
   */
  public record Version(
      int version, long samples, long bytes, String published, List<String> notes) {}

  /**
   * A version that was not published, since it was worse than the current one on new samples.
   *
   * @param decibels signal to quantization noise of its outputs
   * @param current the same of the version that was the current one
   */
  public record Rejected(long samples, double decibels, double current, String at) {}

  /**
   * How far samples have moved; see {@link JobDrift}.
   *
   * @param share of what is tolerated: an alarm begins at 1, and ends below 0.5
   */
  public record Drift(
      double share, boolean drifting, double sigmas, double clipped, double lossRatio) {}

  /** Returns a view of a job's current state. */
  public static JobView of(LiveJob live) {
    Job job = live.job();
    return new JobView(
        job.spec().id(),
        job.spec().model(),
        status(live),
        Instant.ofEpochMilli(job.spec().submittedAt()).toString(),
        samples(live, job),
        progress(live, job),
        ahead(live, job),
        job.versions().stream()
            .map(
                v ->
                    new Version(
                        v.version(),
                        v.samples(),
                        v.bytes(),
                        Instant.ofEpochMilli(v.at()).toString(),
                        v.notes()))
            .toList(),
        job.current() == 0 ? null : job.current(),
        rejected(job.rejected()),
        drift(live.drift()),
        live.notes(),
        error(live, job));
  }

  private static @Nullable Rejected rejected(JobEvent.@Nullable Rejected event) {
    return event == null
        ? null
        : new Rejected(
            event.samples(),
            event.decibels(),
            event.currentDecibels(),
            Instant.ofEpochMilli(event.at()).toString());
  }

  private static @Nullable Drift drift(JobDrift drift) {
    return Double.isNaN(drift.share())
        ? null
        : new Drift(
            drift.share(), drift.drifting(), drift.sigmas(), drift.clipped(), drift.lossRatio());
  }

  /** Returns one of {@link #STATUSES}. */
  public static String status(LiveJob live) {
    if (live.unavailable() != null) {
      return UNAVAILABLE;
    }
    return live.waiting() != null ? WAITING : status(live.job());
  }

  private static @Nullable String error(LiveJob live, Job job) {
    String unavailable = live.unavailable();
    if (unavailable != null) {
      return "the journal does not answer: %s; the last known status of the job is %s"
          .formatted(unavailable, status(job));
    }
    String why = live.waiting() != null ? live.waiting() : job.failure();
    // users do not see the folder's path
    return why == null ? null : why.replace(live.folder().root() + "/", "");
  }

  /** Returns the status according to the job's events. */
  static String status(Job job) {
    if (job.phase() == Phase.ACTIVE) {
      return job.isSealed() ? "calibrating" : "collecting";
    }
    return job.phase().name().toLowerCase(Locale.ROOT);
  }

  /** Returns the message that a version is not there, with those that are. */
  public static String noSuchVersion(Job job, Object version) {
    String kept =
        job.versions().stream()
            .map(v -> Integer.toString(v.version()))
            .collect(Collectors.joining(", "));
    return "no such version: %s; %s"
        .formatted(version, kept.isEmpty() ? "no version is published yet" : "kept: " + kept);
  }

  private static Samples samples(LiveJob live, Job job) {
    OpenJob open = live.open();
    long end = open == null ? job.windowStart() : open.log().size();
    IntakeCounts counts = live.counts();
    Map<String, Long> refused = new TreeMap<>();
    for (Refusal reason : Refusal.values()) {
      if (counts.refused(reason) > 0) {
        refused.put(reason.label(), counts.refused(reason));
      }
    }
    return new Samples(
        Math.max(0, end - job.windowStart()),
        job.windowEnd() - job.windowStart(),
        counts.taken(),
        counts.skipped(),
        refused);
  }

  private static @Nullable Calibrating progress(LiveJob live, Job job) {
    JobProgress progress = live.progress();
    Progress latest = progress == null ? null : progress.latest();
    if (progress == null || latest == null || job.phase().isFinal()) {
      return null;
    }
    return new Calibrating(
        latest.pass(),
        latest.layer(),
        latest.samples(),
        latest.share(),
        new TreeMap<>(progress.ratios()));
  }

  private static @Nullable Ahead ahead(LiveJob live, Job job) {
    JobProgress progress = live.ahead();
    Progress latest = progress == null ? null : progress.latest();
    return progress == null || latest == null || job.phase().isFinal()
        ? null
        : new Ahead(progress.version(), latest.pass(), latest.layer(), latest.share());
  }
}
