package io.halfstep.service;

import static io.halfstep.service.LocalService.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.journal.Journal;
import io.halfstep.service.journal.OpenJournal;
import io.halfstep.service.recovery.JournalRebuild;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that publishes version after version keeps what it needs, and no more. */
class UnendingJobTest {
  private static final int SAMPLES = 8;

  private final Path state;
  private final ServiceSettings settings;

  UnendingJobTest(@TempDir Path folder) {
    state = folder.resolve("state");
    settings =
        LocalService.settings(state).with("jobs.keep-versions", 3).with("publish.wait", "0 s");
  }

  /** Publishes the versions {@code [from, to]}. */
  private static void publish(LocalService service, String id, int from, int to)
      throws InterruptedException {
    for (int version = from; version <= to; version++) {
      int newest = version;
      service.feed(id, (version - 1) * SAMPLES, SAMPLES);
      service.await(id, view -> service.job(id).job().newestVersion() == newest);
    }
  }

  private static List<Integer> kept(LocalService service, String id) {
    return service.job(id).job().versions().stream().map(Job.Version::version).toList();
  }

  private List<String> files(String folder) {
    try (Stream<Path> all = Files.list(state.resolve("jobs/net-1").resolve(folder))) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void oldVersionsSamplesAndCheckpointsGo() throws Exception {
    try (LocalService service = LocalService.start(settings)) {
      String id = service.submit("net", SAMPLES, 0);
      publish(service, id, 1, 6);

      Await.until("versions", () -> files("versions").equals(List.of("4", "5", "6")));
      Await.until(
          "checkpoints", () -> files("checkpoints").equals(List.of(Integer.toString(6 * SAMPLES))));
      assertThat(kept(service, id)).containsExactly(4, 5, 6);
      assertThat(service.service().published(service.job(id), 3, "model.onnx")).isEmpty();
      OpenJob open = service.job(id).open();
      Await.until("samples", () -> open.log().first() == 6 * SAMPLES);
      assertThat(open.log().position("test")).hasValue(6 * SAMPLES);
    }
  }

  @Test
  void aVersionWhoseFilesOutlivedAKillGoesAtTheNextStart() throws Exception {
    JobSpec spec;
    try (LocalService service = LocalService.start(settings)) {
      spec = service.job(service.submit("net", SAMPLES, 0)).job().spec();
      publish(service, spec.id(), 1, 3);
    }
    Path versions = state.resolve("jobs/net-1/versions");
    Files.move(versions.resolve("1"), versions.resolve(".1.dropped"));
    happened(spec, new JobEvent.VersionsDropped(List.of(1, 2), 7));

    try (LocalService service = LocalService.start(settings)) {
      Await.until("versions", () -> files("versions").equals(List.of("3")));
      assertThat(kept(service, spec.id())).containsExactly(3);
    }
  }

  /** Adds an event to a job's, while the service is down. */
  private void happened(JobSpec spec, JobEvent event) throws InterruptedException {
    try (OpenJournal journal = OpenJournal.of(settings)) {
      journal.<JobEvent, Job>append(
          Journal.job(settings, spec.id()), Job.submitted(spec), Job::apply, job -> List.of(event));
    }
  }

  @Test
  void aRolledBackVersionIsCurrentAndKeptUntilTheNextIsPublished() throws Exception {
    byte[] second;
    try (LocalService service = LocalService.start(settings)) {
      String id = service.submit("net", SAMPLES, 0);
      publish(service, id, 1, 3);
      second = service.model(id, 2);
      done(service.service().rollBack(id, 0));
      assertThat(JobView.of(service.job(id)).current()).isEqualTo(2);
      assertThat(service.model(id, 0)).isEqualTo(second).isNotEqualTo(service.model(id, 3));
    }
    try (LocalService service = LocalService.start(settings)) {
      assertThat(service.model("net-1", 0)).isEqualTo(second);
      publish(service, "net-1", 4, 4);
      assertThat(service.model("net-1", 0)).isEqualTo(service.model("net-1", 4));
    }
  }

  @Test
  void onlyAKeptVersionCanBecomeTheCurrentOne() throws Exception {
    try (LocalService service = LocalService.start(settings)) {
      String id = service.submit("net", SAMPLES, 5);
      assertThatThrownBy(() -> done(service.service().rollBack(id, 0)))
          .hasMessageContaining("no version is published yet");
      publish(service, id, 1, 5);
      Await.until("three versions", () -> kept(service, id).equals(List.of(3, 4, 5)));
      assertThatThrownBy(() -> done(service.service().rollBack(id, 1)))
          .hasMessageContaining("no such version: 1; kept: 3, 4, 5");
      assertThatThrownBy(() -> done(service.service().rollBack(id, 5)))
          .hasMessageContaining("version 5 is the current one already");

      done(service.service().rollBack(id, 3)); // the job has ended

      assertThat(service.status(id)).isEqualTo("completed");
      assertThat(service.model(id, 0)).isEqualTo(service.model(id, 3));
      assertThatThrownBy(() -> done(service.service().rollBack(id, 0)))
          .hasMessageContaining("no version before version 3 is kept");
    }
  }

  @Test
  void aLostJournalIsRebuiltBehindTrimmedSamples() throws Exception {
    try (LocalService service = LocalService.start(settings)) {
      String id = service.submit("net", SAMPLES, 0);
      publish(service, id, 1, 5);
      Await.until("three versions", () -> kept(service, id).equals(List.of(3, 4, 5)));
      done(service.service().rollBack(id, 4));
    }
    Files.delete(state.resolve("journal.mv.db"));

    JournalRebuild.run(settings);

    try (LocalService service = LocalService.start(settings)) {
      Job job = service.job("net-1").job();
      assertThat(kept(service, "net-1")).containsExactly(3, 4, 5);
      assertThat(job.current()).isEqualTo(4);
      assertThat(job.windowStart()).isEqualTo(5 * SAMPLES);
      done(service.service().resume("net-1"));
      publish(service, "net-1", 6, 6);
    }
  }

  @Test
  void jobsThatEndedLongAgoAreDeleted() throws Exception {
    ServiceSettings day = settings.with("jobs.keep-finished-days", 1);
    JobSpec old;
    JobSpec young;
    try (LocalService service = LocalService.start(day)) {
      old = service.job(service.submit("old", SAMPLES)).job().spec();
      young = service.job(service.submit("young", SAMPLES)).job().spec();
    }
    Instant now = Instant.now();
    happened(old, new JobEvent.Cancelled(now.minus(Duration.ofHours(25)).toEpochMilli()));
    happened(young, new JobEvent.Cancelled(now.minus(Duration.ofHours(23)).toEpochMilli()));

    try (LocalService service = LocalService.start(day)) {
      Await.until("one job", () -> service.ids().equals(List.of("young-2")));
      Await.until("no files", () -> !Files.exists(state.resolve("jobs/old-1")));
    }
  }
}
