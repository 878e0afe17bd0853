package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A killed service leaves nothing in the folder for temporary files. */
@DisabledOnOs(OS.WINDOWS)
class TemporaryFilesIT {
  @Test
  void librariesAreUnpackedOnce(@TempDir Path folder) throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Path cache = folder.resolve("cache");
    try (ServiceProcess service =
        ServiceProcess.start(
            folder,
            folder.resolve("state"),
            "",
            "-Djava.io.tmpdir=" + temporary,
            "-Dorg.bytedeco.javacpp.cachedir=" + cache)) {
      service.submitResnet("job", 64);
      Process feeder =
          service.client("feed", "feed", "job-1", "--data", ServiceProcess.CALIBRATION);
      assertThat(feeder.waitFor(60, TimeUnit.SECONDS)).isTrue();
      service.awaitCompleted("job-1"); // ONNX Runtime, ND4J and RocksDB are loaded
      service.kill();

      assertThat(files(temporary)).isZero();
      assertThat(cache).isDirectoryRecursivelyContaining("regex:.*onnxruntime\\.(so|dylib)");
      long unpacked = files(cache);

      service.start();
      service.submitResnet("again", 64);
      service.kill();

      assertThat(files(temporary)).isZero();
      assertThat(files(cache)).isEqualTo(unpacked);
    }
  }

  private static long files(Path folder) throws Exception {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).count();
    }
  }
}
