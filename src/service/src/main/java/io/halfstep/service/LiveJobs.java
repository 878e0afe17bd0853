package io.halfstep.service;

import io.halfstep.service.journal.JournalWatch;
import io.halfstep.service.logging.LogPace;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** All jobs as they are now. The edges of the service read them here without asking an actor. */
public final class LiveJobs {
  private final Map<String, LiveJob> jobs = new ConcurrentHashMap<>();
  private final JournalWatch journal = new JournalWatch(new LogPace());
  private volatile ServiceObserver observer = ServiceObserver.NONE;

  /** Sets the observer that is told what happens, in place of the one before. */
  public void observe(ServiceObserver now) {
    observer = now;
  }

  /** The observer that is told what happens. */
  public ServiceObserver observer() {
    return observer;
  }

  /** Whether the journal answers. */
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

  /** In the order of submission. */
  public List<LiveJob> jobs() {
    Collection<LiveJob> all = jobs.values();
    return all.stream()
        .sorted(Comparator.comparingLong(live -> live.job().spec().number()))
        .toList();
  }

  public Optional<LiveJob> job(String id) {
    return Optional.ofNullable(jobs.get(id));
  }

  /**
   * The job that inference requests for this name belong to: the job with this id, else the newest
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
