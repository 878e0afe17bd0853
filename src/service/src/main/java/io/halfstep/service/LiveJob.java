package io.halfstep.service;

import akka.Done;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.graph.StageGraph;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JournalWatch;
import io.halfstep.service.samples.Intake;
import io.halfstep.service.samples.IntakeCounts;
import io.halfstep.service.state.JobFolder;
import io.halfstep.service.version.InputHistograms;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A job as it is now, for whoever watches: written by its actor, read by anyone. */
public final class LiveJob {
  private final JobFolder folder;
  private final LiveJobs liveJobs;
  private final IntakeCounts counts = new IntakeCounts();
  private final CompletableFuture<Done> recovered = new CompletableFuture<>();
  private volatile Job job;
  private volatile @Nullable OpenJob open;
  private volatile @Nullable JobProgress progress;
  private volatile @Nullable CheckpointInfo checkpoint;
  private volatile @Nullable Instant ended;
  private volatile @Nullable String waiting;
  private volatile double drift = Double.NaN;
  private volatile RoundedLayers rounded = new RoundedLayers(1, Set.of());

  /** The layers of a version that have their integers. */
  private record RoundedLayers(int version, Set<String> layers) {}

  LiveJob(Job job, JobFolder folder, LiveJobs liveJobs) {
    this.job = job;
    this.folder = folder;
    this.liveJobs = liveJobs;
  }

  public Job job() {
    return job;
  }

  public IntakeCounts counts() {
    return counts;
  }

  /** Where samples go; null while the job takes none. */
  public @Nullable Intake intake() {
    OpenJob current = open;
    return current == null ? null : current.intake();
  }

  /** What is open of the job while it is not over; else null. */
  public @Nullable OpenJob open() {
    return open;
  }

  /** Whether a sample would be accepted, as long as the version under way needs one. */
  public boolean takesSamples() {
    OpenJob current = open;
    return current != null && current.log().hasRoom();
  }

  /** The calibration under way or the last one; null before the first. */
  public @Nullable JobProgress progress() {
    return progress;
  }

  /** Complete when the job is as its events tell. */
  CompletableFuture<Done> recovered() {
    return recovered;
  }

  /** The newest complete checkpoint that this process has made or gone on from; else null. */
  public @Nullable CheckpointInfo checkpoint() {
    return checkpoint;
  }

  /**
   * When the job came to its end, or, if that was before the service started, when it was found
   * ended; null while it is not.
   */
  public @Nullable Instant ended() {
    return ended;
  }

  /**
   * How far the inputs have moved from one version to the next: the greatest distance, over the
   * network's quantized inputs, of the distribution of the values that the newest version learned
   * from, or learns from, and that of the version before it. 0 to 1; NaN while there are no two.
   */
  public double drift() {
    return drift;
  }

  /** What the job waits for before it tries again what has failed; null while it does not wait. */
  public @Nullable String waiting() {
    return waiting;
  }

  /**
   * Why the journal does not answer, so that the job is as it was last known, or newer; null where
   * it does.
   */
  public @Nullable String unavailable() {
    return liveJobs.journal().why(id());
  }

  private String id() {
    return job.spec().id();
  }

  void waiting(@Nullable String now) {
    waiting = now;
  }

  JournalWatch journal() {
    return liveJobs.journal();
  }

  ServiceObserver observer() {
    return liveJobs.observer();
  }

  JobFolder folder() {
    return folder;
  }

  void job(Job now) {
    if (!now.phase().isFinal()) {
      ended = null;
    } else if (ended == null) {
      ended = Instant.now();
    }
    JobProgress current = progress;
    if (current != null && now.isSealed()) {
      current.samplesComplete();
    }
    job = now;
  }

  void open(@Nullable OpenJob now) {
    open = now;
  }

  void checkpoint(CheckpointInfo now) {
    checkpoint = now;
  }

  JobProgress calibrating(StageGraph graph, InputHistograms reference) {
    if (rounded.version() != job.nextVersion() || rounded.layers().isEmpty()) {
      rounded = new RoundedLayers(job.nextVersion(), ConcurrentHashMap.newKeySet());
    }
    JobProgress fresh =
        new JobProgress(
            job.spec().id(), graph, rounded.layers(), reference, now -> drift = now, observer());
    if (job.isSealed()) {
      fresh.samplesComplete();
    }
    progress = fresh;
    return fresh;
  }
}
