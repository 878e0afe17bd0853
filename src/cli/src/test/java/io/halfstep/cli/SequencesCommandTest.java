package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samples of different lengths, as ONNX test data and as files of one sample each. */
class SequencesCommandTest {
  private static final int SAMPLES = 40;
  private static final int TOKENS = 50;

  @TempDir private Path folder;
  private Path model = Path.of("");
  private final StringBuilder labels = new StringBuilder();

  /** A mean over the tokens' embeddings, and scores of two classes. */
  @BeforeEach
  void write() throws IOException {
    model =
        OnnxGraphs.opset(13)
            .input("ids", ElementType.INT64, -1, -1)
            .input("attention_mask", ElementType.INT64, -1, -1)
            .weight("table", TOKENS, 8)
            .node("Gather", "embedded", List.of("table", "ids"))
            .weight("w", 8, 2)
            .node("MatMul", "tokens", List.of("embedded", "w"))
            .initializer("last", Tensor.of(ElementType.INT64, new long[] {2}, 1))
            .initializer("middle", Tensor.of(ElementType.INT64, new long[] {1}, 1))
            .node("Cast", "real", List.of("attention_mask"), OnnxGraphs.integer("to", 1))
            .node("Unsqueeze", "column", List.of("real", "last"))
            .node("Mul", "kept", List.of("tokens", "column"))
            .node(
                "ReduceSum", "scores", List.of("kept", "middle"), OnnxGraphs.integer("keepdims", 0))
            .output("scores")
            .write(folder.resolve("model.onnx"));
    Random random = new Random(5);
    try (OnnxProgram program = OnnxProgram.load(model, Options.DEFAULT)) {
      for (int i = 0; i < SAMPLES; i++) {
        int length = 1 + random.nextInt(12);
        Tensor ids =
            Tensor.of(ElementType.INT64, random.longs(length, 1, TOKENS).toArray(), 1, length);
        long[] ones = new long[length];
        Arrays.fill(ones, 1);
        Tensor mask = Tensor.of(ElementType.INT64, ones, 1, length);
        Path set = Files.createDirectories(folder.resolve("sets/test_data_set_" + i));
        Files.write(set.resolve("input_0.pb"), TensorProtos.encode("", ids).toByteArray());
        Files.write(set.resolve("input_1.pb"), TensorProtos.encode("", mask).toByteArray());
        String name = "%02d.npy".formatted(i);
        NpyFiles.write(Files.createDirectories(folder.resolve("ids")).resolve(name), ids);
        NpyFiles.write(Files.createDirectories(folder.resolve("mask")).resolve(name), mask);
        float[] scores = program.run(Map.of("ids", ids, "attention_mask", mask), "scores").floats();
        labels.append(scores[0] < scores[1] ? 1 : 0).append('\n');
      }
    }
  }

  private JsonNode json(Object... args) throws IOException {
    CommandLineRun run = CommandLineRun.of(args);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return new ObjectMapper().readTree(run.lastLine());
  }

  @Test
  void bothKindsOfFoldersArePaddedAlike() throws IOException {
    Path one = folder.resolve("one.onnx");
    Path other = folder.resolve("other.onnx");
    JsonNode result =
        json("quantize", model, "--data", folder.resolve("sets"), "--out", one, "--json");
    assertThat(result.get("samples").asInt()).isEqualTo(SAMPLES);
    assertThat(result.get("held_back").asInt()).isEqualTo(SAMPLES / 8);
    assertThat(result.get("padding").asInt()).isPositive();

    json(
        "quantize",
        model,
        "--data",
        "ids=" + folder.resolve("ids"),
        "attention_mask=" + folder.resolve("mask"),
        "--out",
        other,
        "--json");
    assertThat(other).hasSameBinaryContentAs(one);
  }

  @Test
  void labelsBelongToTheirSamples() throws IOException {
    Path labels = Files.writeString(folder.resolve("labels.txt"), this.labels);
    JsonNode result =
        json(
            "evaluate",
            model,
            "--data",
            folder.resolve("sets"),
            "--labels",
            labels,
            "--batch",
            8,
            "--json");
    assertThat(result.at("/models/0/top1").asDouble()).isEqualTo(1);
    assertThat(this.labels.toString()).contains("0", "1");
  }

  @Test
  void inspectNamesTheMask() throws IOException {
    Path sets = folder.resolve("sets");
    assertThat(CommandLineRun.of("inspect", model, "--data", sets).out())
        .contains("'attention_mask' masks padding: it is left out of all figures");
    assertThat(json("inspect", model, "--data", sets, "--json").get("mask").asText())
        .isEqualTo("attention_mask");
    assertThat(json("inspect", model, "--json").get("mask").isNull()).isTrue();
  }
}
