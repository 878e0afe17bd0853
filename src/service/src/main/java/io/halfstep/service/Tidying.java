package io.halfstep.service;

import io.halfstep.service.journal.Job;
import io.halfstep.service.logging.JobLog;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the files that a job's state no longer needs, for one state after the other, outside the
 * thread of the job's actor. What can't be removed is logged, and goes with the next state.
 */
final class Tidying {
  private static final Logger LOG = LoggerFactory.getLogger(Tidying.class);

  private final LiveJob live;
  private final Executor io;
  private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

  Tidying(LiveJob live, Executor io) {
    this.live = live;
    this.io = io;
  }

  /** Tidies the job's folder, and trims the samples of versions before the one under way. */
  void tidy(Job job, @Nullable OpenJob open) {
    var unused =
        add(
            job,
            () -> {
              live.folder().tidy(job);
              if (open != null) {
                open.log().trim(job.windowStart());
              }
            });
  }

  /** Closes the job's files, after writing what is queued, and tidies its folder. */
  CompletableFuture<Void> close(Job job, @Nullable OpenJob open) {
    return add(
        job,
        () -> {
          if (open != null) {
            open.close();
          }
          live.folder().tidy(job);
        });
  }

  private CompletableFuture<Void> add(Job job, Runnable work) {
    last =
        last.thenRunAsync(
            () -> {
              try {
                work.run();
              } catch (RuntimeException | Error e) { // what follows must go on
                JobLog.about(
                    job.spec().id(),
                    () -> LOG.warn("not all files could be removed: {}", e.toString()));
              }
            },
            io);
    return last;
  }
}
