package io.halfstep.service;

import io.halfstep.service.journal.JournalWatch;
import io.halfstep.service.logging.LogPace;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The current state of all jobs. HTTP and metrics read it here without asking an actor. */
public final class LiveJobs {
  private final Map<String, LiveJob> jobs = new ConcurrentHashMap<>();
  private final JournalWatch journal = new JournalWatch(new LogPace());
  private volatile ServiceObserver observer = ServiceObserver.NONE;

  /** Replaces the observer. */
  public void observe(ServiceObserver now) {
    observer = now;
  }

  /** Returns the observer. */
  public ServiceObserver observer() {
    return observer;
  }

  /** Returns whether the journal is available. */
  JournalWatch journal() {
    return journal;
  }

  void put(LiveJob job) {
    jobs.put(job.job().spec().id(), job);
  }

  void remove(String id) {
    jobs.remove(id);
    journal.forget(id);
  }

  /** Returns the jobs in the order of submission. */
  public List<LiveJob> jobs() {
    Collection<LiveJob> all = jobs.values();
    return all.stream()
        .sorted(Comparator.comparingLong(live -> live.job().spec().number()))
        .toList();
  }

  public Optional<LiveJob> job(String id) {
    return Optional.ofNullable(jobs.get(id));
  }

  /** Returns whether a job is not deleted. */
  public boolean hold(LiveJob job) {
    return jobs.get(job.job().spec().id()) == job;
  }

  /**
   * Returns the job for inference requests with this name: the job with this id, or else the newest
   * for the model of this name, unfinished ones first.
   */
  public Optional<LiveJob> forModel(String name) {
    return job(name)
        .or(
            () ->
                jobs().stream()
                    .filter(live -> live.job().spec().model().equals(name))
                    .max(
                        Comparator.comparing((LiveJob live) -> !live.job().phase().isFinal())
                            .thenComparingLong(live -> live.job().spec().submittedAt())));
  }
}
