package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code quantize} without {@code --data}. */
class WithoutDataTest {
  private final Path out;
  private final Path report;
  private final Path model;

  WithoutDataTest(@TempDir Path folder) {
    out = folder.resolve("out.onnx");
    report = folder.resolve("report.html");
    model = BatchNormModel.write(folder);
  }

  @Test
  void theResultSaysThatNothingIsMeasured() throws Exception {
    CommandLineRun run =
        CommandLineRun.of("quantize", model, "--quiet", "--json", "--out", out, "--report", report);
    assertThat(run.err()).isEmpty();
    JsonNode result = new ObjectMapper().readTree(run.out());
    assertThat(result.get("samples").asLong()).isZero();
    assertThat(result.get("outputs")).isEmpty();
    assertThat(result.get("layers")).hasSize(2).allMatch(l -> l.get("sqnr_db").isNull());
    assertThat(result.get("notes").toString())
        .contains("without samples", "a: no batch norm tells the distribution of its input")
        .doesNotContain("only 0 samples", "y: no batch norm");
    assertThat(result.get("warnings")).isEmpty();
    assertThat(Files.readString(report)).contains("there were none", "not measured");
    assertThat(out).isNotEmptyFile();
  }

  @Test
  void theTableHasNoSamples() {
    CommandLineRun run = CommandLineRun.of("quantize", model, "--out", out);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("; no samples\n");
  }

  @Test
  void aBoundOnTheErrorNeedsSamples() {
    CommandLineRun run = CommandLineRun.of("quantize", model, "--out", out, "--fail-below", "10");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "halfstep: --fail-below needs samples to measure on, and there are none: add --data\n");
  }
}
