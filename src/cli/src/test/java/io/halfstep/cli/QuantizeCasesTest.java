package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network in which scores and pixel coordinates go through one layer. */
class QuantizeCasesTest {
  private static final Path CASE =
      Path.of("src/cli/src/test/resources/cases/yolov6_969_scores_through_layer");

  private final Path folder;

  QuantizeCasesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aCollapsedOutputIsNamedWithItsCauseAndRemedy() throws IOException {
    CommandLineRun run = quantize("--fail-below", 20);

    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("halfstep: output z: SQNR 0.0 dB, below --fail-below 20.0\n");
    JsonNode json = new ObjectMapper().readTree(run.lastLine());
    assertThat(json.get("warnings")).hasSize(1);
    assertThat(json.get("warnings").get(0).asText())
        .startsWith("output z: SQNR is only 0.0 dB: tensor 'y' holds two ranges")
        .contains(
            "−1450 to 839 and 0.196 to 0.923",
            "leave it in float (activations = float for z in a plan file)");
    assertThat(folder.resolve("out.onnx")).isNotEmptyFile();
  }

  @Test
  void sixteenBitsAreBetterThanEight() throws IOException {
    assertMended(quantize("--fail-below", 25, "--activations", 16)); // 29.1 dB
  }

  @Test
  void theRemedyMendsIt() throws IOException {
    Path plan =
        Files.writeString(
            folder.resolve("plan.conf"), "layers = [{ match = \"z\", activations = float }]");

    JsonNode json = assertMended(quantize("--fail-below", 35, "--plan", plan));

    assertThat(json.get("float_layers")).isEmpty();
  }

  @Test
  void floatMendsItAndIsListed() throws IOException {
    Path plan =
        Files.writeString(folder.resolve("plan.conf"), "layers = [{ match = \"z\", skip = true }]");

    JsonNode json = assertMended(quantize("--fail-below", 35, "--plan", plan));

    assertThat(json.get("float_layers").toString())
        .isEqualTo("[{\"name\":\"z\",\"op\":\"Conv\",\"reason\":\"the plan skips it\"}]");
  }

  private static JsonNode assertMended(CommandLineRun run) throws IOException {
    assertThat(run.exitCode()).isZero();
    JsonNode json = new ObjectMapper().readTree(run.lastLine());
    assertThat(json.get("warnings")).isEmpty();
    return json;
  }

  private CommandLineRun quantize(Object... more) {
    List<Object> args =
        new ArrayList<>(
            List.of(
                "quantize",
                CASE.resolve("model.onnx"),
                "--data",
                CASE.resolve("in0.npy"),
                "--weights",
                8,
                "--json",
                "--out",
                folder.resolve("out.onnx")));
    args.addAll(Arrays.asList(more));
    return CommandLineRun.of(args.toArray());
  }
}
