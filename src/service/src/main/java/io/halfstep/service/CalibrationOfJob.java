package io.halfstep.service;

import io.halfstep.calibration.CalibrationRequest;
import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.CheckpointListener;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.checkpoint.StatisticsHistory;
import io.halfstep.inspection.InputCheck;
import io.halfstep.inspection.LearningEstimate;
import io.halfstep.service.journal.Job;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.state.JobFolder;
import io.halfstep.source.LiveBatches;
import io.halfstep.source.Normalization;
import io.halfstep.source.SampleBatch;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calibrates the version under way with the samples of the log. */
final class CalibrationOfJob {
  private static final Logger LOG = LoggerFactory.getLogger(CalibrationOfJob.class);
  private static final int HEAP_SHARE = 4;

  private CalibrationOfJob() {}

  /**
   * Returns the request for the calibration.
   *
   * @param io for checking the samples
   * @param checkpointed called after each complete checkpoint
   */
  static CalibrationRequest request(
      LiveJob live,
      VersionRun run,
      OpenJob open,
      ServiceSettings settings,
      Executor io,
      Consumer<CheckpointInfo> checkpointed) {
    Job job = run.job();
    AtomicBoolean checked = new AtomicBoolean();
    int atOnce = job.spec().versions() == 1 ? 1 : settings.versionsAtOnce();
    long memory = Runtime.getRuntime().maxMemory() / HEAP_SHARE / settings.activeJobs() / atOnce;
    CalibrationRequest.Builder request =
        CalibrationRequest.of(
                open.graph(),
                open.plan(),
                batch ->
                    LiveBatches.from(
                            sample -> open.log().read(sample, run::readable, run.windowEnd()),
                            open.ports(),
                            open.normalization(),
                            open.mask(),
                            open.batch(),
                            job.windowStart(),
                            batch)
                        .mapAsync(
                            1,
                            samples ->
                                checked.getAndSet(true)
                                    ? CompletableFuture.completedStage(samples)
                                    : CompletableFuture.supplyAsync(
                                        () -> check(live, job, open, settings, samples), io)))
            .inputs(open.ports())
            .mask(open.mask())
            .expectedSamples(job.windowEnd() - job.windowStart())
            .threads(run.awaited() == null ? settings.threads() : (settings.threads() + 1) / 2)
            .memoryBytes(memory)
            .spoolDirectory(live.folder().spool())
            .listener(run.progress())
            .checkpointing(
                new Checkpointing(
                    new CheckpointFolder(live.folder().checkpoints(job)),
                    settings.checkpointEvery(),
                    fingerprint(job, open),
                    listener(live, job, checkpointed)));
    if (job.spec().versions() != 1 && job.spec().halfLife() > 0) {
      request.history(history(live, run));
    }
    return request.build();
  }

  /** Notes what is to be doubted about the first batch, and what learning takes; takes long. */
  private static SampleBatch check(
      LiveJob live, Job job, OpenJob open, ServiceSettings settings, SampleBatch samples) {
    List<String> doubts =
        InputCheck.warnings(
            open.graph().model(), samples, !open.normalization().equals(Normalization.NONE));
    live.notes(job, doubts);
    long expected = Math.max(samples.samples(), job.windowEnd() - job.windowStart());
    JobLog.about(
        job.spec().id(),
        () -> {
          doubts.forEach(LOG::warn);
          LearningEstimate.of(open.graph(), open.plan(), expected, samples)
              .ifPresent(learning -> LOG.info("learn: {}", learning.describe(settings.threads())));
        });
    return samples;
  }

  /** Returns the statistics of the version before, of which each sample counts less and less. */
  private static StatisticsHistory history(LiveJob live, VersionRun run) {
    Job job = run.job();
    JobFolder folder = live.folder();
    int before = job.newestVersion();
    long samples = job.windowEnd() - job.windowStart();
    return new StatisticsHistory(
        before == 0 ? null : new CheckpointFolder(folder.statistics(before)),
        run.awaited(),
        new CheckpointFolder(folder.statistics(job.nextVersion())),
        run.left(),
        StatisticsHistory.weight(samples, job.spec().halfLife()));
  }

  private static String fingerprint(Job job, OpenJob open) {
    return "%s version %d, samples from %d, half-life %d, batches of %d, %s%s"
        .formatted(
            job.spec().id(),
            job.nextVersion(),
            job.windowStart(),
            job.spec().halfLife(),
            open.batch(),
            open.plan(),
            open.mask() == null ? "" : ", mask " + open.mask());
  }

  private static CheckpointListener listener(
      LiveJob live, Job of, Consumer<CheckpointInfo> checkpointed) {
    String job = of.spec().id();
    return new CheckpointListener() {
      private void show(CheckpointInfo checkpoint) {
        if (live.job().windowStart() == of.windowStart()) {
          live.checkpoint(checkpoint);
        }
      }

      @Override
      public void completed(CheckpointInfo checkpoint) {
        show(checkpoint);
        live.observer().checkpointed(checkpoint.seconds());
        checkpointed.accept(checkpoint);
      }

      @Override
      public void resumed(CheckpointInfo checkpoint) {
        show(checkpoint);
        JobLog.about(
            job,
            () ->
                LOG.info(
                    "resumes in pass {}, after {} samples",
                    checkpoint.pass(),
                    checkpoint.samples()));
      }

      @Override
      public void refused(String checkpoint, String why) {
        JobLog.about(job, () -> LOG.warn("checkpoint {} is not used: {}", checkpoint, why));
      }

      @Override
      public void failed(String why) {
        live.observer().checkpointFailed();
        JobLog.about(job, () -> LOG.warn("no checkpoint could be made: {}", why));
      }
    };
  }
}
