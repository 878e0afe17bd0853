package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.journal.Journal;
import io.halfstep.service.journal.OpenJournal;
import io.halfstep.service.journal.Registry;
import io.halfstep.service.journal.RegistryEvent;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.state.JobFolder;
import io.halfstep.service.state.StateDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A foreign or lost journal does not cost any job. */
class StateBindingTest {
  private final Path state;
  private final Path other;

  StateBindingTest(@TempDir Path folder) {
    state = folder.resolve("state");
    other = folder.resolve("other");
  }

  private static String serviceWithAJob(Path state) throws IOException {
    try (LocalService service = LocalService.start(state)) {
      return service.submit("net", 24);
    }
  }

  private static void assertRefused(ServiceSettings settings, String... said) {
    assertThatThrownBy(() -> LocalService.start(settings))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll(said);
  }

  @Test
  void aChangedNameIsRefused() throws Exception {
    String id = serviceWithAJob(state);

    assertRefused(
        LocalService.settings(state).with("name", "renamed"),
        state + " has 1 job (net-1)",
        "halfstep.service.name");

    assertThat(state.resolve("jobs/net-1/model/net.onnx")).exists();
    try (LocalService service = LocalService.start(state)) {
      assertThat(service.ids()).containsExactly(id);
    }
  }

  @Test
  void aLostJournalIsRefused() throws Exception {
    serviceWithAJob(state);
    Files.delete(state.resolve("journal.mv.db"));

    assertRefused(LocalService.settings(state), "knows none of them", "'halfstep journal rebuild'");
    assertRefused(LocalService.settings(state), "knows none of them"); // also the second time

    assertThat(state.resolve("jobs/net-1/model/net.onnx")).exists();
  }

  @Test
  void theJournalOfAnotherStateDirectoryIsRefused() throws Exception {
    serviceWithAJob(state);
    serviceWithAJob(other);
    Files.copy(
        other.resolve("journal.mv.db"),
        state.resolve("journal.mv.db"),
        StandardCopyOption.REPLACE_EXISTING);

    assertRefused(
        LocalService.settings(state),
        "its file 'id' says " + Files.readString(state.resolve("id")).strip(),
        "the journal expects " + Files.readString(other.resolve("id")).strip());

    assertThat(state.resolve("jobs/net-1/model/net.onnx")).exists();
  }

  @Test
  void anEmptyStateDirectoryForAJournalWithJobsIsRefused() throws Exception {
    serviceWithAJob(state);
    Files.createDirectories(other);
    Files.copy(state.resolve("journal.mv.db"), other.resolve("journal.mv.db"));

    assertRefused(LocalService.settings(other), "its file 'id' is missing", "--state");
  }

  @Test
  void aKillBetweenTheTwoIdsIsMended() throws Exception {
    try (StateDirectory directory = StateDirectory.open(state)) {
      directory.id("written-first");
    }

    String id = serviceWithAJob(state);

    assertThat(state.resolve("id")).hasContent("written-first");
    try (LocalService service = LocalService.start(state)) {
      assertThat(service.ids()).containsExactly(id);
    }
  }

  /** State of older versions, which had no ids. */
  @Test
  void aJournalWithoutAnIdGetsTheOneOfTheDirectoryThatHasItsJobs() throws Exception {
    serviceWithAJob(state);
    ServiceSettings settings = LocalService.settings(state);
    JobSpec spec = new JobFolder(state.resolve("jobs/net-1")).recorded().spec();
    Files.delete(state.resolve("id"));
    Files.delete(state.resolve("journal.mv.db"));
    Files.delete(state.resolve("jobs/net-1/job.json"));
    register(settings, new RegistryEvent.Submitted(spec));

    try (LocalService service = LocalService.start(settings)) {
      assertThat(service.ids()).containsExactly("net-1");
    }

    assertThat(new JobFolder(state.resolve("jobs/net-1")).recorded())
        .isEqualTo(Job.submitted(spec));
    Files.delete(state.resolve("id"));
    assertRefused(settings, "its file 'id' is missing");
  }

  @Test
  void aJournalWithoutAnIdIsRefusedWhereItsJobsAreMissing() throws Exception {
    serviceWithAJob(state);
    JobSpec spec = new JobFolder(state.resolve("jobs/net-1")).recorded().spec();
    register(LocalService.settings(other), new RegistryEvent.Submitted(spec));

    assertRefused(LocalService.settings(other), "jobs that are not in it (net-1)");
  }

  private static void register(ServiceSettings settings, RegistryEvent event) throws Exception {
    Files.createDirectories(settings.state());
    try (OpenJournal journal = OpenJournal.of(settings)) {
      journal.append(
          Journal.registry(settings), Registry.EMPTY, Registry::apply, registry -> List.of(event));
    }
  }

  @Test
  void anUnknownFolderIsMovedToQuarantine() throws Exception {
    String id = serviceWithAJob(state);
    for (int time = 1; time <= 2; time++) {
      Files.createDirectories(state.resolve("jobs/stranger-9/versions/1"));
      Files.writeString(state.resolve("jobs/stranger-9/versions/1/model.onnx"), "precious " + time);
      try (LocalService service = LocalService.start(state)) {
        assertThat(service.ids()).containsExactly(id);
      }
    }

    assertThat(state.resolve("jobs/stranger-9")).doesNotExist();
    assertThat(state.resolve("quarantine/stranger-9/versions/1/model.onnx"))
        .hasContent("precious 1");
    assertThat(state.resolve("quarantine/stranger-9.2/versions/1/model.onnx"))
        .hasContent("precious 2");
  }

  @Test
  void whatAKillLeavesOfSubmissionsAndDeletionsGoes() throws Exception {
    String id = serviceWithAJob(state);
    Files.createDirectories(state.resolve("jobs/.submitted-123/model"));
    Files.createDirectories(state.resolve("jobs/.deleted-net-7/model"));
    try (LocalService service = LocalService.start(state)) {
      // killed when the folder has the job's name, but the journal has no event of it
      Files.move(service.service().stage(), state.resolve("jobs/net-9"));
    }

    LocalService.start(state).close();

    try (var jobs = Files.list(state.resolve("jobs"))) {
      assertThat(jobs).containsExactly(state.resolve("jobs").resolve(id));
    }
    assertThat(state.resolve("quarantine")).doesNotExist();
  }
}
