package io.halfstep.service;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobSpec;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The jobs that are unfinished or starting: their number is limited, with one for each model. */
final class UnfinishedJobs {
  private final int most;

  /** The jobs' last reported phases, by id. */
  private final Map<String, Job.Phase> phases = new HashMap<>();

  /** The models of starting jobs, by the jobs' ids. */
  private final Map<String, String> starting = new HashMap<>();

  /**
   * @param most the limit
   */
  UnfinishedJobs(int most) {
    this.most = most;
  }

  /** Records a job's phase. */
  void told(String id, Job.Phase phase) {
    phases.put(id, phase);
  }

  /** Returns whether the job has failed. */
  boolean hasFailed(String id) {
    return phases.get(id) == Job.Phase.FAILED;
  }

  /** Records that a job is starting. */
  void starts(JobSpec spec) {
    starting.put(spec.id(), spec.model());
  }

  /** Records that a job has started or could not start. */
  void started(String id) {
    starting.remove(id);
  }

  /** Clears the starting jobs. */
  void noneStarts() {
    starting.clear();
  }

  /** Forgets a job. */
  void remove(String id) {
    phases.remove(id);
  }

  /** Returns why a job for this model can't start; null if it can. */
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
