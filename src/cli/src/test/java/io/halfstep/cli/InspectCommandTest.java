package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
  private static final Path TIED =
      Path.of("src/core/src/test/resources/cases/tied_embedding/model.onnx");

  @TempDir Path folder;

  private static String inspect(Path model) {
    CommandLineRun run = CommandLineRun.of("inspect", model);
    assertThat(run.err()).isEmpty();
    return run.out();
  }

  @Test
  void whatStaysInFloatIsWeighed() {
    Path model =
        OnnxGraphs.opset(17)
            .input("x", -1, 8)
            .weight("w", 8, 8)
            .weight("left", 50, 8)
            .node("MatMul", "y", List.of("x", "w"))
            .node("Transpose", "t", List.of("y"))
            .node("MatMul", "z", List.of("left", "t"))
            .output("z")
            .write(folder.resolve("left.onnx"));
    assertThat(inspect(model))
        .contains(
            "the file: 2.0 kB, 464 parameters; 1.6 kB (79.6 %) and 400 multiply-accumulates (86.2 %)"
                + " stay in float",
            "note: the file shrinks little, 80 % of it stays in float: MatMul 'z' is 80 %",
            "stays in float: z (MatMul)")
        .doesNotContain("Every layer");
  }

  @Test
  void whatIsStoredAsIntegersIsNamed() {
    assertThat(inspect(TIED))
        .contains(
            "the file: 843 B, 160 parameters; 0 B (0.0 %) and 0 multiply-accumulates (0.0 %) stay in"
                + " float",
            "Every layer will be quantized.",
            "stored as integers, rounded to nearest: ",
            " of h, 640 B");
  }

  @Test
  void scriptsSeeTheSame() throws Exception {
    JsonNode json = new ObjectMapper().readTree(CommandLineRun.of("inspect", TIED, "--json").out());

    assertThat(json.at("/file/bytes").asLong()).isEqualTo(843);
    assertThat(json.at("/file/parameters").asLong()).isEqualTo(160);
    assertThat(json.at("/float_bytes").asLong()).isZero();
    assertThat(json.at("/float_share").asDouble()).isZero();
    assertThat(json.at("/float_macs").asLong(-1)).isZero();
    assertThat(json.at("/float_constants")).isEmpty();
    assertThat(json.at("/stored/0/nodes/0").asText()).isEqualTo("h");
    assertThat(json.at("/stored/0/bytes").asLong()).isEqualTo(640);
    assertThat(json.at("/quantized")).isEmpty();
  }

  /** Multiplications of two activations are counted, too. */
  @Test
  void quantizedNodesAreNamed() {
    Path model =
        OnnxGraphs.opset(17)
            .input("x", -1, 3)
            .weight("w", 3, 3)
            .initializer("q", Tensor.of(ElementType.INT8, new byte[9], 3, 3))
            .initializer("s", Tensor.of(new float[] {0.1f}))
            .node("DequantizeLinear", "d", List.of("q", "s"))
            .node("MatMul", "a", List.of("x", "d"))
            .node("MatMul", "y", List.of("a", "w"))
            .node("Transpose", "t", List.of("y"))
            .node("MatMul", "z", List.of("t", "y"))
            .output("z")
            .write(folder.resolve("partly.onnx"));

    assertThat(inspect(model))
        .contains(
            "note: already quantized, and left as it is: 1 node (a, MatMul)",
            "9 multiply-accumulates (50.0 %) stay in float")
        .doesNotContain("Every layer");
  }

  @Test
  void theMemoryOfARunIsExpectedFromItsSamples() throws Exception {
    Path model =
        OnnxGraphs.opset(17)
            .input("x", -1, 4, 6, 6)
            .weight("w", 5, 4, 3, 3)
            .node("Conv", "y", List.of("x", "w"))
            .output("y")
            .write(folder.resolve("tiny.onnx"));
    Path samples =
        NpyFiles.write(folder.resolve("x.npy"), Tensor.of(new float[20 * 144], 20, 4, 6, 6));

    assertThat(CommandLineRun.of("inspect", model, "--data", samples, "--samples", 12).out())
        .contains("12 samples, the first with x 1×4×6×6", "'quantize' is expected to take ");
    JsonNode memory =
        new ObjectMapper()
            .readTree(CommandLineRun.of("inspect", model, "--data", samples, "--json").out())
            .at("/memory");
    assertThat(memory.at("/samples").asLong()).isEqualTo(20);
    assertThat(memory.at("/shapes/x/1").asLong()).isEqualTo(4);
    assertThat(memory.at("/kept").asLong()).isEqualTo(2 * 20 * 4 * 6 * 6 * 4);
    assertThat(memory.at("/expected_peak").asLong()).isGreaterThan(1 << 20);
    JsonNode without =
        new ObjectMapper().readTree(CommandLineRun.of("inspect", model, "--json").out());
    assertThat(without.at("/memory").isNull()).isTrue();
  }
}
