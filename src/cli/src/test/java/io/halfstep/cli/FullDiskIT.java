package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.ServiceProcess.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Fills the state directory's disk: a separate file system, which only root can mount. */
@EnabledOnOs(OS.LINUX)
class FullDiskIT {
  private static final int SAMPLES = 96;

  /** So little memory that the batches between layers are spooled. */
  private static final String CONFIG =
      """
      halfstep.service.jobs.active = 500
      halfstep.service.jobs.checkpoint-every = 200 ms
      halfstep.service.intake.reserve-bytes = 8 MiB
      """;

  private final Path folder;
  private SmallDisk disk;
  private ServiceProcess service;

  FullDiskIT(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void start() throws Exception {
    disk = SmallDisk.mount(folder.resolve("disk"));
    service = ServiceProcess.start(folder, disk.path().resolve("state"), CONFIG, "-Xmx384m");
  }

  @AfterEach
  void end() throws Exception {
    if (service != null) {
      service.close();
    }
    if (disk != null) {
      disk.close();
    }
  }

  private String fed(String name) throws Exception {
    String id = service.submitResnet(name, SAMPLES);
    assertThat(service.post("/jobs/" + id + "/pause", new byte[0]).status()).isEqualTo(200);
    Process feeder = service.client("feed", "feed", id, "--data", ServiceProcess.CALIBRATION);
    assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return id;
  }

  private static boolean waits(JsonNode job) {
    return job.path("status").asText().equals("waiting");
  }

  /** The job fails while layers are rounded, and continues once there is space. */
  @Test
  void aJobWaitsForRoomAndFindsTheSame() throws Exception {
    String undisturbed = fed("undisturbed");
    resume(undisturbed);
    service.awaitCompleted(undisturbed);
    String id = fed("resnet");
    disk.fill(2 << 20);
    resume(id);

    JsonNode job = service.awaitJob(id, "waiting", FullDiskIT::waits);
    assertThat(job.path("error").asText())
        .contains("No space left", "the job goes on when the disk")
        .doesNotContain("--", disk.path().toString());
    assertThat(job.at("/samples/collected").asInt()).isEqualTo(SAMPLES);

    disk.clear();
    service.awaitCompleted(id);
    assertThat(service.published(id, "model")).isEqualTo(service.published(undisturbed, "model"));
  }

  private void resume(String id) throws IOException, InterruptedException {
    assertThat(service.post("/jobs/" + id + "/resume", new byte[0]).status()).isEqualTo(200);
  }

  @Test
  void aSubmissionIsTurnedAwayUntilThereIsRoom() throws Exception {
    disk.fill(4 << 20);
    byte[] model = Files.readAllBytes(ServiceProcess.RESNET);
    Answer full = service.submit(model, "name=a", "");
    assertThat(full.status()).as(full.error()).isEqualTo(507);
    assertThat(full.error()).contains("intake.reserve-bytes").hasLineCount(1);
    assertThat(full.response().headers().firstValue("Retry-After")).isPresent();

    disk.clear();
    assertThat(service.submit(model, "name=a", "").status()).isEqualTo(201);
  }

  /** No byte is free, not even for the journal. */
  @Test
  void theJournalToo() throws Exception {
    String id = fed("resnet");
    disk.fill(2 << 20);
    resume(id);
    service.awaitJob(id, "waiting", FullDiskIT::waits);
    disk.fill(0);
    int status = service.post("/jobs/" + id + "/pause", new byte[0]).status();
    assertThat(status).isIn(200, 503); // a small event may still fit into the journal
    assertThat(service.get("/v2/health/live").status()).isEqualTo(200);

    disk.clear();
    service.awaitJob(
        id,
        "completed",
        job -> {
          if (job.path("status").asText().equals("paused")) {
            resumePaused(id);
          }
          return job.path("status").asText().equals("completed");
        });
    assertThat(service.log()).doesNotContain("ERROR", "\tat ");
  }

  private void resumePaused(String id) {
    try {
      resume(id);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
