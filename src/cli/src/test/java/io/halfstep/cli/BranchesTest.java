package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network for each of two sampling rates, as in voice activity detectors. */
class BranchesTest {
  private static final int SAMPLES = 24;
  private static final String OTHER =
      "e (MatMul): it is in the branch of If 'choice' that calibration did not take";

  private final Path folder;
  private final Path model;
  private final Path audio;
  private final Path rate;

  BranchesTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    OnnxGraphs then =
        OnnxGraphs.opset(17).weight("w", 16, 3).node("MatMul", "t", List.of("x", "w")).output("t");
    OnnxGraphs otherwise =
        OnnxGraphs.opset(17).weight("v", 16, 3).node("MatMul", "e", List.of("x", "v")).output("e");
    this.model =
        OnnxGraphs.opset(17)
            .input("x", -1, 16)
            .input("sr", ElementType.INT64)
            .initializer("wide", Tensor.of(ElementType.INT64, new long[] {16_000}))
            .node("Equal", "is_wide", List.of("sr", "wide"))
            .node(
                "If",
                "choice",
                List.of("is_wide"),
                List.of("y"),
                OnnxGraphs.body("then_branch", then),
                OnnxGraphs.body("else_branch", otherwise))
            .output("y")
            .write(folder.resolve("vad.onnx"));
    float[] values = new float[SAMPLES * 16];
    Random random = new Random(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    this.audio = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, SAMPLES, 16));
    this.rate = rates("sr.npy", new long[] {16_000});
  }

  private Path rates(String name, long[] rates, long... shape) throws IOException {
    return NpyFiles.write(folder.resolve(name), Tensor.of(ElementType.INT64, rates, shape));
  }

  private CommandLineRun quantize(Path rates, Object... more) {
    return CommandLineRun.of(
        Stream.concat(
                Stream.of(
                    "quantize",
                    model,
                    "--data",
                    "x=" + audio,
                    "sr=" + rates,
                    "--out",
                    folder.resolve("out.onnx")),
                Stream.of(more))
            .toArray());
  }

  @Test
  void theBranchThatIsTakenIsQuantizedAndTheOtherNamed() throws Exception {
    Path report = folder.resolve("report.html");

    CommandLineRun text = quantize(rate, "--report", report);
    JsonNode json = new ObjectMapper().readTree(quantize(rate, "--quiet", "--json").lastLine());

    assertThat(text.out()).contains("\nt  ").contains("note: left in float: " + OTHER);
    assertThat(Files.readString(report)).contains("that calibration did not take");
    assertThat(json.at("/layers").findValuesAsText("name")).containsExactly("t");
    assertThat(json.at("/float_layers/0/name").asText()).isEqualTo("e");
    assertThat(json.at("/outputs/0/sqnr_db").asDouble()).isGreaterThan(15);
    for (String rates : new String[] {"sr.npy", "other.npy"}) {
      rates("other.npy", new long[] {8_000});
      CommandLineRun compared =
          CommandLineRun.of(
              "evaluate",
              model,
              folder.resolve("out.onnx"),
              "--data",
              "x=" + audio,
              "sr=" + folder.resolve(rates),
              "--min-sqnr",
              rates.equals("sr.npy") ? 15 : 120);
      assertThat(compared.exitCode()).as(compared.err()).isZero();
    }
  }

  @Test
  void samplesOfBothRatesLeaveNothingToQuantize() throws Exception {
    long[] mixed = new long[SAMPLES];
    Arrays.setAll(mixed, i -> i < SAMPLES / 2 ? 16_000 : 8_000);

    CommandLineRun run = quantize(rates("mixed.npy", mixed, SAMPLES));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .contains(
            "nothing to quantize",
            "'t' stays in float: it is in a branch of If 'choice', which only some of the samples"
                + " take");
  }

  @Test
  void inspectionKnowsTheBranchFromSamples() {
    assertThat(CommandLineRun.of("inspect", model).out())
        .contains(
            "0 layers",
            "note: --data tells which branches of If nodes are quantized",
            "stays in float: t (MatMul): it is in a branch of If 'choice', quantized only if all"
                + " samples take it")
        .doesNotContain("Every layer");
    assertThat(CommandLineRun.of("inspect", model, "--data", "x=" + audio, "sr=" + rate).out())
        .contains("1 layers", "stays in float: " + OTHER)
        .doesNotContain("t (MatMul)");
  }
}
