package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --data synthetic}. */
class SyntheticDataTest {
  private static final String WARNING = "the samples are synthetic";
  private final Path out;
  private final Path report;
  private final Path model;

  SyntheticDataTest(@TempDir Path folder) {
    out = folder.resolve("out.onnx");
    report = folder.resolve("report.html");
    model = BatchNormModel.write(folder);
  }

  @Test
  void quantizeSaysThatSamplesAreSynthetic() throws Exception {
    CommandLineRun run =
        CommandLineRun.of(
            "quantize",
            model,
            "--data",
            "synthetic:48",
            "--json",
            "--out",
            out,
            "--report",
            report);
    assertThat(run.exitCode()).isZero();
    assertThat(run.err())
        .containsPattern("synthesize \\d+/48 samples")
        .contains("halfstep: warning: " + WARNING);
    JsonNode result = new ObjectMapper().readTree(run.lastLine());
    assertThat(result.get("samples").asLong()).isEqualTo(48);
    assertThat(result.get("held_back").asLong()).isEqualTo(6);
    assertThat(result.get("warnings").toString()).contains(WARNING);
    assertThat(Files.readString(report)).contains(WARNING, "synthetic:48");
  }

  @Test
  void analyzeTakesThem() {
    CommandLineRun run = CommandLineRun.of("analyze", model, "--data", "synthetic:16", "--json");
    assertThat(run.exitCode()).isZero();
    assertThat(run.lastLine()).contains(WARNING, "\"samples\":16");
  }

  @Test
  void otherCommandsNeedRealSamples() {
    CommandLineRun run = CommandLineRun.of("inspect", model, "--data", "synthetic");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "halfstep: data synthetic: samples are made by quantize and analyze only; name a"
                + " file or a folder\n");
  }
}
