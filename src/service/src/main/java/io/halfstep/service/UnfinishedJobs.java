package io.halfstep.service;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobSpec;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which jobs are unfinished, or about to be: there are only so many, and one for each model. */
final class UnfinishedJobs {
  private final int most;

  /** What the jobs are at, by their ids, as they have told. */
  private final Map<String, Job.Phase> phases = new HashMap<>();

  /** The models of jobs that are about to be unfinished, by the jobs' ids. */
  private final Map<String, String> starting = new HashMap<>();

  /**
   * @param most how many there may be
   */
  UnfinishedJobs(int most) {
    this.most = most;
  }

  /** A job has told what it is at. */
  void told(String id, Job.Phase phase) {
    phases.put(id, phase);
  }

  /** Whether the job has told that it has failed. */
  boolean hasFailed(String id) {
    return phases.get(id) == Job.Phase.FAILED;
  }

  /** A job is about to be unfinished. */
  void starts(JobSpec spec) {
    starting.put(spec.id(), spec.model());
  }

  /** It is unfinished now, or could not be. */
  void started(String id) {
    starting.remove(id);
  }

  /** No job is about to be unfinished any more. */
  void noneStarts() {
    starting.clear();
  }

  /** There is no such job any more. */
  void remove(String id) {
    phases.remove(id);
  }

  /** Why there can't be one more, for this model; null if there can. */
  @Nullable String refusal(Collection<JobSpec> jobs, String model) {
    Map<String, String> unfinished = new HashMap<>(starting);
    for (JobSpec spec : jobs) {
      Job.Phase phase = phases.get(spec.id());
      if (phase == null || !phase.isFinal()) {
        unfinished.put(spec.id(), spec.model());
      }
    }
    if (unfinished.containsValue(model)) {
      return "a job for model '%s' is not finished yet; give this one another name"
          .formatted(model);
    }
    return unfinished.size() < most
        ? null
        : "%d jobs are unfinished, as many as jobs.active allows; end one first"
            .formatted(unfinished.size());
  }
}
