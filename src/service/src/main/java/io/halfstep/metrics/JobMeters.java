package io.halfstep.metrics;

import io.halfstep.calibration.Progress;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.service.JobProgress;
import io.halfstep.service.JobView;
import io.halfstep.service.LiveJob;
import io.halfstep.service.OpenJob;
import io.halfstep.service.journal.Job;
import io.halfstep.service.samples.Refusal;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The meters of each job. */
final class JobMeters {
  /** Not {@code job}: Prometheus uses that label for the target of a scrape. */
  static final String JOB = "job_id";

  /** A gauge and the function that reads it from a job. */
  private record PerJob(GaugeRows rows, Function<LiveJob, @Nullable Number> reading) {}

  private final MeterRegistry registry;
  private final VisibleJobs visible;
  private final List<PerJob> gauges = new ArrayList<>();
  private final GaugeRows status;
  private final GaugeRows passSamples;
  private final Map<LiveJob, List<Meter>> counters = new HashMap<>();

  JobMeters(MeterRegistry registry, VisibleJobs visible) {
    this.registry = registry;
    this.visible = visible;
    status =
        GaugeRows.of(registry, "halfstep.job.status", null, "1 for the current status of a job");
    passSamples =
        GaugeRows.of(
            registry,
            "halfstep.pass.samples",
            null,
            "Samples that have entered the graph or a layer in the current pass");
    windowGauges();
    progressGauges();
    resultGauges();
  }

  private void windowGauges() {
    ofOpen(
        "halfstep.window.samples",
        null,
        "Samples collected for the current version",
        (live, open) -> Math.max(0, open.takenSamples() - live.job().windowStart()));
    gauge(
        "halfstep.window.wanted.samples",
        null,
        "Samples that the current version is calibrated with",
        live ->
            live.job().phase().isFinal()
                ? null
                : live.job().isSealed()
                    ? live.job().sealedAt() - live.job().windowStart()
                    : live.job().spec().samples());
    ofOpen(
        "halfstep.log.samples", null, "Samples in the log", (live, open) -> open.loggedSamples());
    ofOpen(
        "halfstep.log.size", "bytes", "Size of the log on disk", (live, open) -> open.logBytes());
    ofOpen(
        "halfstep.log.waiting",
        "bytes",
        "Samples that wait to be written to the log",
        (live, open) -> open.waitingBytes());
  }

  private void progressGauges() {
    ofProgress(
        "halfstep.work.done",
        "ratio",
        "Share of the work for the current version that is done",
        progress -> orNull(progress.latest(), Progress::share));
    ofProgress(
        "halfstep.work.left",
        "seconds",
        "Estimated time until the version is complete, once all its samples are collected",
        progress -> progress.secondsLeft().orElse(Double.NaN));
    ofProgress(
        "halfstep.batches.kept",
        "bytes",
        "Batches kept between layers, in memory and on disk",
        progress -> orNull(progress.latest(), Progress::queuedBytes));
  }

  private void resultGauges() {
    gauge(
        "halfstep.checkpoint.timestamp",
        "seconds",
        "Time of the newest complete checkpoint",
        live ->
            orNull(
                live.job().phase().isFinal() ? null : live.checkpoint(),
                (CheckpointInfo c) -> c.at().toEpochMilli() / 1e3));
    gauge(
        "halfstep.checkpoint.size",
        "bytes",
        "Size of the newest checkpoint on disk",
        live -> orNull(live.checkpoint(), CheckpointInfo::bytes));
    gauge(
        "halfstep.version.timestamp",
        "seconds",
        "Time when the newest version was published",
        live -> newest(live, version -> version.at() / 1e3));
    gauge(
        "halfstep.version.size",
        "bytes",
        "Size of the newest published model",
        live -> newest(live, Job.Version::bytes));
    gauge("halfstep.job.disk", "bytes", "Size of the job's files", LiveJob::diskBytes);
    gauge(
        "halfstep.drift",
        "ratio",
        "How far the samples have moved since the version before, as a share of what is tolerated",
        live -> live.drift().share());
    gauge(
        "halfstep.drifting",
        null,
        "1 from the time that the drift reaches 1 until it is below 0.5, else 0",
        live -> Double.isNaN(live.drift().share()) ? null : live.drift().drifting() ? 1 : 0);
  }

  private static <T, R> @Nullable R orNull(@Nullable T of, Function<T, R> reading) {
    return of == null ? null : reading.apply(of);
  }

  private static @Nullable Number newest(LiveJob live, Function<Job.Version, Number> reading) {
    List<Job.Version> versions = live.job().versions();
    return versions.isEmpty() ? null : reading.apply(versions.get(versions.size() - 1));
  }

  private void gauge(
      String name,
      @Nullable String unit,
      String description,
      Function<LiveJob, @Nullable Number> reading) {
    gauges.add(new PerJob(GaugeRows.of(registry, name, unit, description), reading));
  }

  private interface OpenReading {
    Number of(LiveJob live, OpenJob open);
  }

  private void ofOpen(String name, @Nullable String unit, String description, OpenReading reading) {
    gauge(
        name,
        unit,
        description,
        live -> orNull(live.open(), (OpenJob open) -> reading.of(live, open)));
  }

  private void ofProgress(
      String name,
      @Nullable String unit,
      String description,
      Function<JobProgress, @Nullable Number> reading) {
    gauge(
        name,
        unit,
        description,
        live -> {
          JobProgress progress = live.progress();
          return progress == null ? null : reading.apply(progress);
        });
  }

  /** Adds meters for new jobs and removes those of deleted jobs. */
  void refresh() {
    List<LiveJob> jobs = visible.withFigures();
    counters.entrySet().removeIf(entry -> !jobs.contains(entry.getKey()) && removed(entry));
    for (LiveJob live : jobs) {
      counters.computeIfAbsent(live, this::counters);
      Tags job = tags(live);
      gauges.forEach(gauge -> gauge.rows().add(job, () -> gauge.reading().apply(live)));
      pass(live, job);
    }
    gauges.forEach(gauge -> gauge.rows().show());
    passSamples.show();
    for (LiveJob live : visible.withStatus()) {
      status.add(tags(live).and("status", JobView.status(live)), () -> 1);
    }
    status.show();
  }

  private void pass(LiveJob live, Tags job) {
    JobProgress progress = live.progress();
    Progress latest = progress == null ? null : progress.latest();
    if (latest != null) {
      String pass = latest.pass();
      passSamples.add(
          job.and("pass", pass),
          () -> orNull(Objects.requireNonNull(live.progress()).latest(), Progress::samples));
    }
  }

  static Tags tags(LiveJob live) {
    return Tags.of(JOB, live.job().spec().id());
  }

  private List<Meter> counters(LiveJob live) {
    List<Meter> all = new ArrayList<>();
    Tags job = tags(live);
    all.add(
        counter(
            live, "halfstep.samples.offered", job, "Samples offered", l -> l.counts().offered()));
    all.add(
        counter(
            live,
            "halfstep.samples.taken",
            job,
            "Samples stored in the log",
            l -> l.counts().taken()));
    all.add(
        counter(
            live,
            "halfstep.samples.skipped",
            job,
            "Samples that were not needed: dropped by the sampling rate, beyond the version's"
                + " number, or duplicates",
            l -> l.counts().skipped()));
    for (Refusal reason : Refusal.values()) {
      all.add(
          counter(
              live,
              "halfstep.samples.refused",
              job.and("reason", reason.label()),
              "Samples refused",
              l -> l.counts().refused(reason)));
    }
    all.add(
        counter(
            live,
            "halfstep.versions.published",
            job,
            "Versions published since the job was submitted",
            l -> l.job().newestVersion()));
    all.add(
        counter(
            live,
            "halfstep.versions.rejected",
            job,
            "Versions not published, since they were worse than the current one, since the service"
                + " started",
            LiveJob::rejected));
    return all;
  }

  private Meter counter(
      LiveJob live, String name, Tags tags, String description, ToDoubleFunction<LiveJob> count) {
    return FunctionCounter.builder(name, live, count)
        .tags(tags)
        .description(description)
        .register(registry);
  }

  private boolean removed(Map.Entry<LiveJob, List<Meter>> gone) {
    gone.getValue().forEach(registry::remove);
    return true;
  }
}
