package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.journal.Job;
import io.halfstep.service.recovery.JournalRebuild;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The registry of jobs is rebuilt from their folders. */
class JournalRebuildTest {
  private final Path state;

  JournalRebuildTest(@TempDir Path folder) {
    state = folder.resolve("state");
  }

  @Test
  void whatIsOverStaysOverAndWhatIsNotGoesOnWhenItIsResumed() throws Exception {
    Job completed;
    byte[] expected;
    byte[] first;
    try (LocalService service = LocalService.start(state)) {
      service.submit("done", 24);
      service.feed("done-1", 0, 24);
      service.awaitCompleted("done-1");
      completed = service.job("done-1").job();
      expected = service.model("done-1", 1);
      service.submit("cancelled", 24);
      LocalService.done(service.service().cancel("cancelled-2"));
      service.submit("two", 24, 2);
      service.feed("two-3", 0, 10);
      LocalService.done(service.service().seal("two-3")); // after 10 of 24
      service.await("two-3", view -> view.versions().size() == 1);
      first = service.model("two-3", 1);
      service.submit("open", 24);
      service.feed("open-4", 0, 10);
    }
    Files.delete(state.resolve("journal.mv.db"));

    assertThat(JournalRebuild.run(LocalService.settings(state)))
        .extracting(job -> job.spec().id() + " " + job.phase() + " " + job.versions().size())
        .containsExactly(
            "done-1 COMPLETED 1", "cancelled-2 CANCELLED 0", "two-3 PAUSED 1", "open-4 PAUSED 0");
    assertThat(JournalRebuild.run(LocalService.settings(state))).isEmpty();

    try (LocalService service = LocalService.start(state)) {
      Job rebuilt = service.job("done-1").job();
      assertThat(rebuilt.spec()).isEqualTo(completed.spec());
      assertThat(rebuilt.versions().get(0))
          .usingRecursiveComparison()
          .ignoringFields("at")
          .isEqualTo(completed.versions().get(0));
      assertThat(service.model("two-3", 1)).isEqualTo(first);
      assertThat(service.job("two-3").job().windowStart()).isEqualTo(10);
      LocalService.done(service.service().resume("open-4"));
      service.feed("open-4", 0, 24); // the producer's position is in the log
      service.awaitCompleted("open-4");
      assertThat(service.model("open-4", 1)).isEqualTo(expected);
      assertThat(service.submit("next", 24)).isEqualTo("next-5");
    }
  }

  @Test
  void aFolderFromQuarantineBecomesAJobAgain() throws Exception {
    try (LocalService service = LocalService.start(state)) {
      service.submit("one", 24);
    }
    Path before = state.resolveSibling("journal");
    Files.copy(state.resolve("journal.mv.db"), before);
    try (LocalService service = LocalService.start(state)) {
      service.submit("two", 24);
    }
    Files.delete(state.resolve("journal.mv.db"));
    Files.copy(before, state.resolve("journal.mv.db"));
    try (LocalService service = LocalService.start(state)) {
      assertThat(service.ids()).containsExactly("one-1");
    }

    Files.move(state.resolve("quarantine/two-2"), state.resolve("jobs/two-2"));
    JournalRebuild.run(LocalService.settings(state));

    try (LocalService service = LocalService.start(state)) {
      assertThat(service.ids()).containsExactly("one-1", "two-2");
      assertThat(service.status("one-1")).isEqualTo("collecting");
      assertThat(service.status("two-2")).isEqualTo("paused");
    }
  }

  @Test
  void aFolderThatIsNoJobsIsNamedAndNothingIsChanged() throws Exception {
    try (LocalService service = LocalService.start(state)) {
      service.submit("one", 24);
    }
    Files.delete(state.resolve("journal.mv.db"));
    Files.createDirectories(state.resolve("jobs/stranger-9"));

    assertThatThrownBy(() -> JournalRebuild.run(LocalService.settings(state)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("stranger-9: has no job.json");
    assertThatThrownBy(() -> LocalService.start(state)).hasMessageContaining("knows none of them");
  }

  @Test
  void aMistypedStateDirectoryIsNotMade() {
    assertThatThrownBy(() -> JournalRebuild.run(LocalService.settings(state)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("state/jobs: no such folder");
    assertThat(state).doesNotExist();
  }

  @Test
  void theServiceMustNotRun() throws Exception {
    try (LocalService service = LocalService.start(state)) {
      assertThatThrownBy(() -> JournalRebuild.run(service.service().settings()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("held by another halfstep");
    }
  }
}
