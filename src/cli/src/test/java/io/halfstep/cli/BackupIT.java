package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A copy of a stopped service's state directory is a complete backup. */
@DisabledOnOs(OS.WINDOWS)
class BackupIT {
  @Test
  void aCopyGoesOnElsewhere(@TempDir Path folder) throws Exception {
    Path copy = folder.resolve("restored/state");
    String id;
    byte[] original;
    try (ServiceProcess service = ServiceProcess.start(folder.resolve("original"))) {
      id = service.submitResnet("resnet", 64);
      Process feeder =
          service.client("feed", "feed", id, "--data", ServiceProcess.CALIBRATION, "--samples", 40);
      assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(service.terminate()).isZero();
      copy(service.state(), copy);
      service.start();
      finish(service, id);
      original = service.published(id, "model");
    }
    try (ServiceProcess restored = ServiceProcess.start(folder.resolve("restored"))) {
      restored.awaitJob(id, "40 samples", job -> job.at("/samples/collected").asInt() == 40);
      finish(restored, id);
      assertThat(restored.published(id, "model")).isEqualTo(original);
    }
  }

  /** Feeds the remaining samples; the backup includes the producer's position. */
  private static void finish(ServiceProcess service, String id) throws Exception {
    Process feeder = service.client("rest", "feed", id, "--data", ServiceProcess.CALIBRATION);
    assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(service.output("rest")).contains("40 samples were sent before");
    service.awaitCompleted(id);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }
}
