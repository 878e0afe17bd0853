package io.halfstep.service.state;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.journal.JournalDatabase;
import io.halfstep.service.journal.Registry;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ensures that a state directory and a journal belong together: both hold the directory's id. No
 * job is changed before that is checked.
 */
public final class StateBinding {
  private static final Logger LOG = LoggerFactory.getLogger(StateBinding.class);
  private static final String SAME = " (with the same --state and --config)";

  private final StateDirectory state;
  private final Registry registry;
  private final JournalDatabase journal;

  private StateBinding(StateDirectory state, Registry registry, JournalDatabase journal) {
    this.state = state;
    this.registry = registry;
    this.journal = journal;
  }

  /**
   * Compares the ids, then tidies the state directory; blocks.
   *
   * @param registry read from the journal
   * @return the id of both, which the journal may still have to store
   * @throws InvalidInputException if they don't belong together, or the journal has lost its jobs
   */
  public static String of(StateDirectory state, Registry registry, ServiceSettings settings) {
    try {
      StateBinding binding = new StateBinding(state, registry, JournalDatabase.of(settings));
      if (registry.equals(Registry.EMPTY)) {
        binding.requireNoJobs();
      }
      String id = binding.match();
      state.tidy(registry.jobs().keySet());
      for (JobSpec spec : registry.jobs().values()) {
        describe(state.job(spec.id()), spec);
      }
      return id;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Compares the ids when the journal may lack jobs; blocks, and changes no job. */
  public static String withoutJobs(
      StateDirectory state, Registry registry, ServiceSettings settings) {
    try {
      return new StateBinding(state, registry, JournalDatabase.of(settings)).match();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the record that jobs of older versions lack. */
  private static void describe(JobFolder folder, JobSpec spec) throws IOException {
    if (!folder.isThere()) {
      LOG.error(
          "job {}: its folder {} is missing; restore it from a backup, or delete the job",
          spec.id(),
          folder.root());
    } else if (!folder.isRecorded()) {
      folder.record(Job.submitted(spec));
    }
  }

  private String match() throws IOException {
    String id = state.id();
    if (registry.state() != null) {
      requireBound(id, registry.state());
      return registry.state();
    }
    if (!registry.jobs().isEmpty()) {
      requireUnbound(id);
    }
    if (id != null) {
      return id;
    }
    String fresh = UUID.randomUUID().toString();
    state.id(fresh);
    return fresh;
  }

  private void requireBound(@Nullable String id, String expected) {
    if (!expected.equals(id)) {
      throw new InvalidInputException(
          ("%s is not the state directory of the journal %s: its file 'id' %s, the journal expects"
                  + " %s. Start with the directory that belongs to the journal (--state), or give"
                  + " this one a journal of its own: another halfstep.service.name or journal.url")
              .formatted(
                  state.root(),
                  journal.name(),
                  id == null ? "is missing" : "says " + id,
                  expected));
    }
  }

  private void requireNoJobs() throws IOException {
    Set<String> jobs = state.jobs();
    if (!jobs.isEmpty()) {
      throw new InvalidInputException(
          ("%s has %d job%s (%s), but the journal %s knows none of them. If halfstep.service.name,"
                  + " journal.url or journal.user was changed, set it back. To take an embedded"
                  + " journal along to PostgreSQL: 'halfstep journal move'. If the journal is lost,"
                  + " restore it from a backup, or restore the jobs from their folders:"
                  + " 'halfstep journal rebuild'%s")
              .formatted(
                  state.root(),
                  jobs.size(),
                  jobs.size() == 1 ? "" : "s",
                  some(jobs),
                  journal.name(),
                  SAME));
    }
  }

  /**
   * Checks that the directory has no id and no job is missing; journals of older versions have no
   * id.
   */
  private void requireUnbound(@Nullable String id) throws IOException {
    Set<String> missing = new TreeSet<>(registry.jobs().keySet());
    missing.removeAll(state.jobs());
    if (id != null || !missing.isEmpty()) {
      throw new InvalidInputException(
          ("%s is not the state directory of the journal %s, which has jobs that are not in it"
                  + " (%s). Start with the directory that has them (--state), or give this one a"
                  + " journal of its own: another halfstep.service.name or journal.url")
              .formatted(
                  state.root(),
                  journal.name(),
                  some(missing.isEmpty() ? registry.jobs().keySet() : missing)));
    }
  }

  private static String some(Set<String> jobs) {
    String first = String.join(", ", new TreeSet<>(jobs).stream().limit(3).toList());
    return jobs.size() > 3 ? first + ", …" : first;
  }
}
