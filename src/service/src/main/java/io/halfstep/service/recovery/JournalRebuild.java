package io.halfstep.service.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.Journal;
import io.halfstep.service.journal.OpenJournal;
import io.halfstep.service.journal.Registry;
import io.halfstep.service.journal.RegistryEvent;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.state.JobFolder;
import io.halfstep.service.state.StateBinding;
import io.halfstep.service.state.StateDirectory;
import io.halfstep.service.version.Publication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Adds jobs that the journal lacks, from their folders. Finished jobs stay finished. Others are
 * paused, and compute the version under way again, since only the journal had its progress.
 */
public final class JournalRebuild {
  private final ServiceSettings settings;
  private final StateDirectory state;
  private final OpenJournal journal;

  private JournalRebuild(ServiceSettings settings, StateDirectory state, OpenJournal journal) {
    this.settings = settings;
    this.state = state;
    this.journal = journal;
  }

  /**
   * Rebuilds the journal; blocks.
   *
   * @return the jobs that were added
   * @throws InvalidInputException if the service is running, a folder does not belong to a job, or
   *     the journal belongs to another state directory; then nothing is changed
   */
  public static List<Job> run(ServiceSettings settings) throws InterruptedException {
    Path jobs = settings.state().resolve("jobs");
    if (!Files.isDirectory(jobs)) {
      throw new InvalidInputException(
          jobs + ": no such folder; expected the state directory of a service with --state");
    }
    try (StateDirectory state = StateDirectory.open(settings.state());
        OpenJournal journal = OpenJournal.of(settings)) {
      return new JournalRebuild(settings, state, journal).run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Job> run() throws IOException, InterruptedException {
    Registry registry = register(List.of());
    List<Job> recorded = new ArrayList<>();
    for (String id : state.jobs()) {
      if (!registry.jobs().containsKey(id)) {
        recorded.add(recorded(state.job(id)));
      }
    }
    recorded.sort(Comparator.comparingLong(job -> job.spec().submittedAt()));
    String id = StateBinding.withoutJobs(state, registry, settings);
    List<RegistryEvent> missing = new ArrayList<>();
    if (registry.state() == null) {
      missing.add(new RegistryEvent.Bound(id));
    }
    List<Job> jobs = new ArrayList<>();
    for (Job job : recorded) {
      jobs.add(rebuild(job));
      missing.add(new RegistryEvent.Submitted(job.spec()));
    }
    register(missing); // last, so that after a kill the next run adds the rest
    return jobs;
  }

  private Registry register(List<RegistryEvent> missing) throws InterruptedException {
    return journal.append(
        Journal.registry(settings), Registry.EMPTY, Registry::apply, registry -> missing);
  }

  private static Job recorded(JobFolder folder) {
    if (!folder.isRecorded()) {
      throw new InvalidInputException(
          folder.root() + ": has no job.json, so it is no job's folder; move it elsewhere");
    }
    try {
      Job job = folder.recorded();
      if (!folder.root().endsWith(job.spec().id())) {
        throw new InvalidInputException(
            "%s: its job.json is that of job '%s'; give the folder that name"
                .formatted(folder.root(), job.spec().id()));
      }
      return job;
    } catch (IOException | UncheckedIOException e) {
      throw new InvalidInputException(folder.root() + ": its job.json cannot be read: " + e, e);
    }
  }

  private Job rebuild(Job recorded) throws IOException, InterruptedException {
    JobFolder folder = state.job(recorded.spec().id());
    List<JobEvent> events = events(folder, recorded);
    Job empty = Job.submitted(recorded.spec());
    Job rebuilt =
        journal.<JobEvent, Job>append(
            Journal.job(settings, recorded.spec().id()),
            empty,
            Job::apply,
            job -> job.equals(empty) ? events : List.of());
    if (!rebuilt.phase().isFinal()) {
      // They may belong to a version that was sealed with fewer samples than it takes now.
      StateDirectory.delete(folder.checkpoints());
    }
    return rebuilt;
  }

  private static List<JobEvent> events(JobFolder folder, Job recorded) throws IOException {
    List<JobEvent> events = new ArrayList<>();
    Job job = Job.submitted(recorded.spec());
    for (Job.Version version : recorded.versions()) {
      job = publish(events, job, recorded.windowStart(), version);
    }
    if (job.current() != recorded.current()) {
      JobEvent rolledBack = new JobEvent.RolledBack(recorded.current(), now());
      events.add(rolledBack);
      job = job.apply(rolledBack);
    }
    for (Path model = model(folder, job); Files.isRegularFile(model); model = model(folder, job)) {
      Job.Version version = unrecorded(job.nextVersion(), model);
      job = publish(events, job, job.windowStart() + version.samples(), version);
    }
    if (!job.phase().isFinal()) {
      events.add(
          switch (recorded.phase()) {
            case CANCELLED -> new JobEvent.Cancelled(now());
            case FAILED -> new JobEvent.Failed(String.valueOf(recorded.failure()), now());
            case ACTIVE, PAUSED, COMPLETED -> new JobEvent.Paused(now());
          });
    }
    return events;
  }

  private static Job publish(List<JobEvent> events, Job job, long end, Job.Version version) {
    JobEvent sealed = new JobEvent.Sealed(end, version.at());
    JobEvent published =
        new JobEvent.Published(
            version.version(), version.samples(), version.bytes(), version.at(), version.notes());
    events.addAll(List.of(sealed, published));
    return job.apply(sealed).apply(published);
  }

  /** Reads a version that was published after the job was last recorded. */
  private static Job.Version unrecorded(int number, Path model) throws IOException {
    JsonNode summary =
        new ObjectMapper().readTree(model.resolveSibling(Publication.SUMMARY).toFile());
    List<String> notes = new ArrayList<>();
    summary.path("notes").forEach(note -> notes.add(note.asText()));
    return new Job.Version(
        number,
        summary.path("samples").asLong(),
        Files.size(model),
        Files.getLastModifiedTime(model).toMillis(),
        notes);
  }

  private static long now() {
    return System.currentTimeMillis();
  }

  private static Path model(JobFolder folder, Job job) {
    return folder.version(job.nextVersion()).resolve(Publication.MODEL);
  }
}
