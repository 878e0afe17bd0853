package io.halfstep.service;

import akka.actor.typed.ActorRef;
import io.halfstep.calibration.CalibrationActor;
import io.halfstep.calibration.CalibrationResult;
import io.halfstep.checkpoint.LeftStatistics;
import io.halfstep.service.journal.Job;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The calibration of one version, of which the next may begin before it has ended. */
final class VersionRun {
  private final Job job;
  private final @Nullable LeftStatistics awaited;
  private final JobProgress progress;
  private final CompletableFuture<Long> windowEnd = new CompletableFuture<>();
  private final LeftStatistics left = new LeftStatistics();
  private @Nullable ActorRef<CalibrationActor.Command> actor;
  private @Nullable CalibrationResult result;
  private long bound;
  private long read;

  /**
   * Creates a run that is to be started.
   *
   * @param job its state when this version is the one under way
   * @param awaited what the run of the version before has left so far; null if that has ended
   */
  VersionRun(Job job, @Nullable LeftStatistics awaited, JobProgress progress) {
    this.job = job;
    this.awaited = awaited;
    this.progress = progress;
    this.bound = job.windowEnd();
    seal(job);
  }

  Job job() {
    return job;
  }

  JobProgress progress() {
    return progress;
  }

  /** Returns whether it makes the version that is under way in this state of the job. */
  boolean isOf(Job state) {
    return job.nextVersion() == state.nextVersion() && job.windowStart() == state.windowStart();
  }

  /** Returns the number after its last sample, once that is known. */
  CompletableFuture<Long> windowEnd() {
    return windowEnd;
  }

  /** Returns how much of a log of this size it may read before its last sample is known. */
  synchronized long readable(long size) {
    read = Math.max(read, Math.min(size, bound));
    return read;
  }

  /**
   * Lets it read no more samples than it has, or these.
   *
   * @return the number after the last one that it may have read, at least {@code end}
   */
  synchronized long bound(long end) {
    bound = Math.max(read, end);
    return bound;
  }

  /** Takes the number after its last sample from the job's state, if it is known there. */
  void seal(Job state) {
    if (state.isSealed()) {
      windowEnd.complete(state.sealedAt());
    }
  }

  /** Returns the statistics that it has left so far. */
  LeftStatistics left() {
    return left;
  }

  /** Returns what the version before has left so far; null if all is there. */
  @Nullable LeftStatistics awaited() {
    return awaited;
  }

  void start(ActorRef<CalibrationActor.Command> started) {
    actor = started;
  }

  boolean isUnderWay() {
    return actor != null;
  }

  void cancel() {
    if (actor != null) {
      actor.tell(CalibrationActor.Cancel.INSTANCE);
    }
  }

  /** Returns what it has learned; null before its end. */
  @Nullable CalibrationResult result() {
    return result;
  }

  void succeeded(CalibrationResult learned) {
    actor = null;
    result = learned;
    left.complete();
  }

  /** Ends a run without a result; one that follows it fails. */
  void failed() {
    actor = null;
    left.fail(new CancellationException("the version before has not been made"));
  }
}
