package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small models for which {@code evaluate} once differed from ONNX Runtime. */
class EvaluateCasesTest {
  private static final Path CASES = Path.of("src/cli/src/test/resources/cases");

  private final Path folder;

  EvaluateCasesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void float16ScoresAreNumbers() throws IOException {
    Path here = CASES.resolve("evaluate_f16_logsoftmax_top1");

    JsonNode model =
        evaluated(
                "evaluate",
                here.resolve("m.onnx"),
                "--data",
                here.resolve("s.npy"),
                "--labels",
                here.resolve("l.npy"),
                "--json")
            .get(0);

    assertThat(model.get("top1").asDouble()).isEqualTo(1);
  }

  @Test
  void float16OutputsAreNumbers() throws IOException {
    assertThat(quantized("fp16_io_fp32_inside").get("sqnr_db").asDouble())
        .isCloseTo(46.6, within(1.0));
  }

  @Test
  void channelsOfNanAreLeftOut() throws IOException {
    JsonNode output = quantized("bias_nan");

    assertThat(output.get("sqnr_db").asDouble()).isCloseTo(57.4, within(0.5));
    assertThat(output.get("nonfinite_matched").asInt()).isEqualTo(576);
    assertThat(output.get("nonfinite_unmatched").asInt()).isZero();
  }

  private JsonNode quantized(String name) throws IOException {
    Path here = CASES.resolve(name);
    Path model = here.resolve("model.onnx");
    Path data = here.resolve("in0.npy");
    Path out = folder.resolve("out.onnx");
    CommandLineRun run =
        CommandLineRun.of(
            "quantize",
            model,
            "--data",
            data,
            "--weights",
            8,
            "--activations",
            "float",
            "--out",
            out,
            "--quiet");
    assertThat(run.err()).isEmpty();
    return evaluated("evaluate", model, out, "--data", data, "--json").get(1).get("outputs").get(0);
  }

  private static JsonNode evaluated(Object... args) throws IOException {
    CommandLineRun run = CommandLineRun.of(args);
    assertThat(run.err()).isEmpty();
    return new ObjectMapper().readTree(run.lastLine()).get("models");
  }
}
