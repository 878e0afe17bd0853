package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Passes several times the heap between the layers. The long form, which also checks the resident
 * size, is {@code src/bench/memory.sh}.
 */
class SmallMemoryIT {
  @Test
  void manyImagesInASmallHeap(@TempDir Path folder) throws Exception {
    String examples = "src/examples/fashion-mnist/";
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseParallelGC",
                "-XX:MaxDirectMemorySize=64m",
                "-Dorg.bytedeco.javacpp.maxbytes=160m",
                "-cp",
                System.getProperty("java.class.path"),
                "io.halfstep.cli.Main",
                "quantize",
                examples + "resnet14.onnx",
                "--data",
                examples + "calibration.npz",
                "--samples",
                "512",
                "--rounding",
                "nearest",
                "--spool-dir",
                folder.toString(),
                "--out",
                folder.resolve("out.onnx").toString(),
                "--quiet",
                "--json")
            .start();
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(err).isEmpty();
    assertThat(new ObjectMapper().readTree(out).get("samples").asInt()).isEqualTo(512);
  }
}
