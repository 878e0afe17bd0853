package io.halfstep.service;

import io.halfstep.calibration.CalibrationRequest;
import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.CheckpointListener;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.inspection.InputCheck;
import io.halfstep.inspection.LearningEstimate;
import io.halfstep.service.journal.Job;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.version.InputHistograms;
import io.halfstep.service.version.Publication;
import io.halfstep.source.LiveBatches;
import io.halfstep.source.Normalization;
import io.halfstep.source.SampleBatch;
import java.io.IOException;
import java.util.List;
import java.util.Map;
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
   * @param reference the inputs of the previous version
   * @param windowEnd completed when the number of the version's samples is known
   * @param io for checking the samples
   * @param checkpointed called after each complete checkpoint
   */
  static CalibrationRequest request(
      LiveJob live,
      OpenJob open,
      ServiceSettings settings,
      InputHistograms reference,
      CompletableFuture<Long> windowEnd,
      Executor io,
      Consumer<CheckpointInfo> checkpointed) {
    Job job = live.job();
    AtomicBoolean checked = new AtomicBoolean();
    long memory = Runtime.getRuntime().maxMemory() / HEAP_SHARE / settings.activeJobs();
    return CalibrationRequest.of(
            open.graph(),
            open.plan(),
            batch ->
                LiveBatches.from(
                        sample -> open.log().read(sample, windowEnd),
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
                                    () -> check(live, open, settings, samples), io)))
        .inputs(open.ports())
        .mask(open.mask())
        .expectedSamples(job.windowEnd() - job.windowStart())
        .threads(settings.threads())
        .memoryBytes(memory)
        .spoolDirectory(live.folder().spool())
        .listener(live.calibrating(open.graph(), reference))
        .checkpointing(
            new Checkpointing(
                new CheckpointFolder(live.folder().checkpoints(job.nextVersion())),
                settings.checkpointEvery(),
                fingerprint(job, open),
                listener(live, checkpointed)))
        .build();
  }

  /** Notes what is to be doubted about the first batch, and what learning takes; takes long. */
  private static SampleBatch check(
      LiveJob live, OpenJob open, ServiceSettings settings, SampleBatch samples) {
    List<String> doubts =
        InputCheck.warnings(
            open.graph().model(), samples, !open.normalization().equals(Normalization.NONE));
    live.notes(doubts);
    Job job = live.job();
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

  /** Reads the input histograms of the previous version; empty if there are none. */
  static InputHistograms reference(LiveJob live) {
    int before = live.job().newestVersion();
    try {
      return InputHistograms.read(live.folder().version(before).resolve(Publication.INPUTS));
    } catch (IOException | IllegalArgumentException e) {
      JobLog.about(
          live.job().spec().id(),
          () -> LOG.warn("the inputs of version {} cannot be read: {}", before, e.toString()));
      return new InputHistograms(Map.of());
    }
  }

  private static String fingerprint(Job job, OpenJob open) {
    return "%s version %d, samples from %d, batches of %d, %s%s"
        .formatted(
            job.spec().id(),
            job.nextVersion(),
            job.windowStart(),
            open.batch(),
            open.plan(),
            open.mask() == null ? "" : ", mask " + open.mask());
  }

  private static CheckpointListener listener(LiveJob live, Consumer<CheckpointInfo> checkpointed) {
    String job = live.job().spec().id();
    return new CheckpointListener() {
      @Override
      public void completed(CheckpointInfo checkpoint) {
        live.checkpoint(checkpoint);
        live.observer().checkpointed(checkpoint.seconds());
        checkpointed.accept(checkpoint);
      }

      @Override
      public void resumed(CheckpointInfo checkpoint) {
        live.checkpoint(checkpoint);
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
