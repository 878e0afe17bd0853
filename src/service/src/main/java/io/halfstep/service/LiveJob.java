package io.halfstep.service;

import akka.Done;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.file.FolderSize;
import io.halfstep.graph.StageGraph;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JournalWatch;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.logging.RecentLines;
import io.halfstep.service.samples.Intake;
import io.halfstep.service.samples.IntakeCounts;
import io.halfstep.service.state.JobFolder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The current state of a job, written by its actor and read by any thread. */
public final class LiveJob {
  private static final Logger LOG = LoggerFactory.getLogger(LiveJob.class);

  private final JobFolder folder;
  private final LiveJobs liveJobs;
  private final RecentLines log;
  private final IntakeCounts counts = new IntakeCounts();
  private final CompletableFuture<Done> recovered = new CompletableFuture<>();
  private volatile Job job;
  private volatile @Nullable OpenJob open;
  private volatile @Nullable JobProgress progress;
  private volatile @Nullable CheckpointInfo checkpoint;
  private volatile @Nullable Instant ended;
  private volatile @Nullable String waiting;
  private volatile JobDrift drift = JobDrift.UNKNOWN;
  private volatile @Nullable JobProgress ahead;

  private final AtomicInteger rejected = new AtomicInteger();

  /** By the number of the first sample of a version: what is to be doubted about its samples. */
  private final NavigableMap<Long, List<String>> notes = new ConcurrentSkipListMap<>();

  /** By the same: the layers that are rounded. */
  private final NavigableMap<Long, Set<String>> rounded = new ConcurrentSkipListMap<>();

  LiveJob(Job job, JobFolder folder, LiveJobs liveJobs) {
    this.job = job;
    this.folder = folder;
    this.log = new RecentLines(folder.root());
    this.liveJobs = liveJobs;
  }

  public Job job() {
    return job;
  }

  /** Returns the newest lines that the service has logged about the job. */
  public RecentLines log() {
    return log;
  }

  public IntakeCounts counts() {
    return counts;
  }

  /** Returns the intake for samples; null while the job takes none. */
  public @Nullable Intake intake() {
    OpenJob current = open;
    return current == null ? null : current.intake();
  }

  /** Returns the job's open files; null if there are none. */
  public @Nullable OpenJob open() {
    return open;
  }

  /** Returns whether a sample would be accepted if the version under way needs one. */
  public boolean takesSamples() {
    OpenJob current = open;
    return current != null && current.log().hasRoom();
  }

  /** Returns the progress of the current or last calibration; null before the first. */
  public @Nullable JobProgress progress() {
    return progress;
  }

  /**
   * Returns the network as it is or was quantized; null if the job ended before the service
   * started, or is being opened.
   */
  public @Nullable StageGraph graph() {
    JobProgress current = progress;
    OpenJob opened = open;
    return current != null ? current.graph() : opened == null ? null : opened.graph();
  }

  /** Completes when the job is recovered from its events. */
  CompletableFuture<Done> recovered() {
    return recovered;
  }

  /** Returns the newest checkpoint that this process has written or resumed from, or null. */
  public @Nullable CheckpointInfo checkpoint() {
    return checkpoint;
  }

  /**
   * Returns when the job ended; for a job that ended before the service started, when that was
   * found. Null if it has not ended.
   */
  public @Nullable Instant ended() {
    return ended;
  }

  /** Returns whether the job has ended, and longer ago than this; zero: never. */
  boolean endedBefore(Duration age) {
    Instant found = ended;
    if (found == null || age.isZero()) {
      return false;
    }
    long at = job.endedAt();
    return (at == 0 ? found : Instant.ofEpochMilli(at)).plus(age).isBefore(Instant.now());
  }

  /** Returns how far the samples have moved since the version before. */
  public JobDrift drift() {
    return drift;
  }

  private void drifted(JobProgress of) {
    if (of != progress) {
      return; // its turn comes
    }
    JobDrift before = drift;
    JobDrift now = JobDrift.of(of.figures().values(), job.windowEnd() - job.windowStart(), before);
    drift = now;
    if (now.drifting() != before.drifting()) {
      JobLog.about(
          id(),
          () -> LOG.warn(now.drifting() ? "the samples drift: {}" : "no more drift: {}", now));
    }
  }

  /** Returns how many versions were not published since the service started. */
  public int rejected() {
    return rejected.get();
  }

  void reject() {
    rejected.incrementAndGet();
  }

  /** Returns what is to be doubted about the samples of the version under way, one line each. */
  public List<String> notes() {
    return notes.getOrDefault(job.windowStart(), List.of());
  }

  /**
   * Sets what is to be doubted about the samples of a version.
   *
   * @param of the job when this is the version under way
   */
  void notes(Job of, List<String> now) {
    notes.put(of.windowStart(), List.copyOf(now));
  }

  /** Returns why the job waits for a retry; null if it does not wait. */
  public @Nullable String waiting() {
    return waiting;
  }

  /**
   * Returns why the journal is unavailable, in which case this is the last known state or a newer
   * one; null if it is available.
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

  /** Returns the size of all its files, in bytes. */
  public long diskBytes() {
    return FolderSize.of(folder.root());
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
    notes.headMap(now.windowStart()).clear();
    rounded.headMap(now.windowStart()).clear();
  }

  void open(@Nullable OpenJob now) {
    open = now;
  }

  void checkpoint(CheckpointInfo now) {
    checkpoint = now;
  }

  /**
   * Returns the progress of a version's calibration, for {@link #calibrating}.
   *
   * @param of the job when this is the version under way
   */
  JobProgress progress(Job of, StageGraph graph) {
    Set<String> known =
        rounded.computeIfAbsent(of.windowStart(), window -> ConcurrentHashMap.newKeySet());
    JobProgress fresh =
        new JobProgress(of.spec().id(), of.nextVersion(), graph, known, this::drifted, observer());
    if (of.isSealed()) {
      fresh.samplesComplete();
    }
    return fresh;
  }

  /**
   * Sets the progress of the calibrations.
   *
   * @param current of the version under way
   * @param next of the version after it; null if that is not under way yet
   */
  void calibrating(JobProgress current, @Nullable JobProgress next) {
    ahead = next;
    if (progress != current) {
      progress = current;
      if (current.hasDriftFigures()) {
        drifted(current);
      }
    }
  }

  /** Returns the progress of the version after the one under way; null if it has not begun. */
  public @Nullable JobProgress ahead() {
    return ahead;
  }
}
