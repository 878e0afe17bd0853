package io.halfstep.service;

import akka.Done;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A job as it is now, for whoever watches: written by its actor, read by anyone. */
public final class LiveJob {
  private final JobFolder folder;
  private final IntakeCounts counts = new IntakeCounts();
  private final CompletableFuture<Done> recovered = new CompletableFuture<>();
  private volatile Job job;
  private volatile @Nullable OpenJob open;
  private volatile @Nullable JobProgress progress;

  LiveJob(Job job, JobFolder folder) {
    this.job = job;
    this.folder = folder;
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

  /** The calibration under way or the last one; null before the first. */
  public @Nullable JobProgress progress() {
    return progress;
  }

  /** Complete when the job is as its events tell. */
  CompletableFuture<Done> recovered() {
    return recovered;
  }

  JobFolder folder() {
    return folder;
  }

  void job(Job now) {
    job = now;
  }

  void open(@Nullable OpenJob now) {
    open = now;
  }

  JobProgress calibrating() {
    JobProgress fresh = new JobProgress(job.spec().id());
    progress = fresh;
    return fresh;
  }
}
