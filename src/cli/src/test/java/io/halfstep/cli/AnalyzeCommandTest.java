package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalyzeCommandTest {
  private static final int K = 8;
  private static final int SAMPLES = 64;

  @TempDir private Path folder;
  private Path model;
  private Path data;

  @BeforeEach
  void write() throws IOException {
    model = folder.resolve("model.onnx");
    OnnxGraphs.opset(17)
        .input("x", -1, K)
        .weight("w", K, 16)
        .node("MatMul", "h", List.of("x", "w"))
        .node("Relu", "r", List.of("h"))
        .weight("v", 16, 3)
        .node("MatMul", "y", List.of("r", "v"))
        .output("y")
        .write(model);
    float[] values = new float[SAMPLES * K];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    data = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, SAMPLES, K));
  }

  @Test
  void triesNoGivenEncodings() {
    CommandLineRun run =
        CommandLineRun.of("analyze", model, "--data", data, "--encodings-in", "given.json");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("encodings-in = given.json: 'analyze' tries other encodings");
  }

  @Test
  void quantizeReachesWhatThePlanPromises() throws IOException {
    Path plan = folder.resolve("better.conf");
    Path out = folder.resolve("out.onnx");
    CommandLineRun run =
        CommandLineRun.of(
            "analyze",
            model,
            "--data",
            data,
            "--granularity",
            "tensor",
            "--rounding",
            "nearest",
            "--json",
            "--quiet",
            "--plan-out",
            plan);
    JsonNode found = new ObjectMapper().readTree(run.lastLine());
    JsonNode best = found.get("best");

    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(found.get("samples").asInt()).isEqualTo(SAMPLES);
    assertThat(found.get("held_back").asInt()).isEqualTo(SAMPLES / 8);
    assertThat(kinds(found)).startsWith("given", "part", "part", "layer", "layer", "remedy");
    assertThat(best.get("gain_db").asDouble()).isGreaterThan(0.3);

    CommandLineRun quantize =
        CommandLineRun.of(
            "quantize", model, "--data", data, "--plan", plan, "--json", "--quiet", "--out", out);
    JsonNode quantized = new ObjectMapper().readTree(quantize.lastLine());

    assertThat(quantized.get("outputs").get(0).get("sqnr_db").asDouble())
        .isCloseTo(best.get("sqnr_db").asDouble(), within(1e-9));
    assertThat(Files.size(out)).isEqualTo(best.get("bytes").asLong());
  }

  @Test
  void theTablesAreForReading() {
    CommandLineRun run = CommandLineRun.of("analyze", model, "--data", data, "--samples", 32);

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).startsWith("at most ").contains("run 1  the plan as given  SQNR ");
    assertThat(run.out())
        .contains(
            " runs of 32 samples, measured on the 4 held back",
            "weights only",
            "this layer's weight only",
            "--bias-correction empirical",
            "8 bits for the weights of 2 layers: ");
  }

  @Test
  void samplesAreNeeded() {
    CommandLineRun run = CommandLineRun.of("analyze", model);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).startsWith("halfstep: --data is missing; ");
  }

  @Test
  void anInterruptEndsIt() {
    CommandLineRun run =
        CommandLineRun.of(
            quantization -> {
              throw new InterruptedException();
            },
            List.of("analyze", model.toString(), "--data", data.toString()));

    assertThat(run.exitCode()).isEqualTo(130);
    assertThat(run.out()).isEmpty();
  }

  private static List<String> kinds(JsonNode found) {
    return StreamSupport.stream(found.get("trials").spliterator(), false)
        .map(trial -> trial.get("kind").asText())
        .toList();
  }
}
