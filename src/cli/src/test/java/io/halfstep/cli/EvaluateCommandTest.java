package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Figures computed by hand: y = x · factors, for x = [[1, 2], [4, 3]]. */
class EvaluateCommandTest {
  private final Path folder;
  private final Path data;

  EvaluateCommandTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.data = folder.resolve("x.pb");
    Files.write(
        data,
        TensorProto.newBuilder()
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addAllDims(List.of(2L, 2L))
            .addAllFloatData(List.of(1f, 2f, 4f, 3f))
            .build()
            .toByteArray());
  }

  @Test
  void comparesWithTheFirstModel() throws IOException {
    Path reference = model("reference.onnx", 1, 1);
    Path other = model("other.onnx", 1, 1.6f); // [[1, 3.2], [4, 4.8]]
    Path labels = Files.writeString(folder.resolve("labels.txt"), "1\n0\n");

    CommandLineRun run =
        CommandLineRun.of(
            "evaluate", reference, other, "--data", data, "--labels", labels, "--json");

    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    JsonNode models = new ObjectMapper().readTree(run.lastLine()).get("models");
    assertThat(models).hasSize(2);
    JsonNode first = models.get(0);
    assertThat(first.get("model").asText()).isEqualTo(reference.toString());
    assertThat(first.get("bytes").asLong()).isEqualTo(Files.size(reference));
    assertThat(first.get("top1").asDouble()).isEqualTo(1);
    assertThat(first.get("agreement").asDouble()).isEqualTo(1);
    assertThat(first.get("sqnr_db").get("y").isNull()).isTrue();
    JsonNode second = models.get(1);
    assertThat(second.get("top1").asDouble()).isEqualTo(0.5);
    assertThat(second.get("agreement").asDouble()).isEqualTo(0.5);
    assertThat(second.get("changes").toString())
        .isEqualTo("{\"changed\":1,\"right_to_wrong\":1,\"wrong_to_right\":0}");
    assertThat(second.get("outputs").get(0).get("cosine").asDouble())
        .isCloseTo((7.4 / Math.sqrt(5 * 11.24) + 30.4 / Math.sqrt(25 * 39.04)) / 2, within(1e-5));
    assertThat(second.get("ms_per_sample").asDouble()).isPositive();
    double noise = 1.2 * 1.2 + 1.8 * 1.8;
    assertThat(second.get("sqnr_db").get("y").asDouble())
        .isCloseTo(10 * Math.log10((1 + 4 + 16 + 9) / noise), within(1e-4));
  }

  @Test
  void withoutLabelsThereIsNoTop1() throws IOException {
    CommandLineRun run =
        CommandLineRun.of("evaluate", model("m.onnx", 1, 1), "--data", data, "--json");

    JsonNode model = new ObjectMapper().readTree(run.lastLine()).get("models").get(0);
    assertThat(model.fieldNames())
        .toIterable()
        .containsExactly(
            "model", "bytes", "agreement", "sqnr_db", "outputs", "ms_per_sample", "notes");
  }

  @Test
  void theOptimizationLevelIsTheUsers() throws IOException {
    Path model = model("m.onnx", 1, 1);

    for (String level : List.of("none", "basic", "extended", "all")) {
      assertThat(
              CommandLineRun.of("evaluate", model, "--data", data, "--optimization", level)
                  .exitCode())
          .isZero();
    }
    CommandLineRun run =
        CommandLineRun.of("evaluate", model, "--data", data, "--optimization", "most");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--optimization", "most");
  }

  @Test
  void theBatchSizeChangesNothing() throws IOException {
    Path reference = model("reference.onnx", 1, 1);
    Path other = model("other.onnx", 0.5f, 1.6f);

    String whole = CommandLineRun.of("evaluate", reference, other, "--data", data, "--json").out();
    String single =
        CommandLineRun.of("evaluate", reference, other, "--data", data, "--batch", 1, "--json")
            .out();

    String latency = "\"ms_per_sample\":[^,]*";
    assertThat(single.replaceAll(latency, ""))
        .isEqualTo(whole.replaceAll(latency, ""))
        .isNotEmpty();
  }

  @Test
  void labelsMustBeAsManyAsSamples() throws IOException {
    Path labels = Files.writeString(folder.resolve("labels.txt"), "1\n0\n1\n");

    CommandLineRun run =
        CommandLineRun.of("evaluate", model("m.onnx", 1, 1), "--data", data, "--labels", labels);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "halfstep: --labels: 3 labels for 2 predictions; one label for each sample is needed\n");
  }

  @Test
  void asManySamplesAsAskedForAreHeldAgainstTheFirstLabels() throws IOException {
    Path labels = Files.writeString(folder.resolve("labels.txt"), "1\n1\n");

    CommandLineRun run =
        CommandLineRun.of(
            "evaluate",
            model("m.onnx", 1, 1),
            "--data",
            data,
            "--labels",
            labels,
            "--samples",
            1,
            "--json");

    assertThat(run.lastLine()).contains("\"top1\":1,");
  }

  @Test
  void paddingIsNotCompared() throws IOException {
    Path reference = masked(model("reference.onnx", 1, 1));
    Path other = masked(model("other.onnx", 1, 1.6f));
    Path mask = folder.resolve("mask.pb");
    Files.write(
        mask,
        TensorProto.newBuilder()
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addAllDims(List.of(2L, 2L))
            .addAllFloatData(List.of(1f, 1f, 1f, 0f))
            .build()
            .toByteArray());

    CommandLineRun run =
        CommandLineRun.of(
            "evaluate",
            reference,
            other,
            "--data",
            "x=" + data,
            "attention_mask=" + mask,
            "--json");

    JsonNode second = new ObjectMapper().readTree(run.lastLine()).get("models").get(1);
    assertThat(second.get("sqnr_db").get("y").asDouble())
        .isCloseTo(10 * Math.log10((1 + 4 + 16) / (1.2 * 1.2)), within(1e-4));
  }

  private static Path masked(Path file) throws IOException {
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    model.getGraphBuilder().addInput(port("attention_mask"));
    return Files.write(file, model.build().toByteArray());
  }

  @Test
  void figuresBelowTheThresholdsEndWith3() throws IOException {
    Path reference = model("reference.onnx", 1, 1);
    Path other = model("other.onnx", 1, 1.6f); // top-1 50 %, 8.1 dB
    Path labels = Files.writeString(folder.resolve("labels.txt"), "1\n0\n");

    assertThat(thresholds(reference, other, labels, 50, 8).exitCode()).isZero();
    CommandLineRun top1 = thresholds(reference, other, labels, 50.1, 8);
    assertThat(top1.exitCode()).isEqualTo(3);
    assertThat(top1.err())
        .isEqualTo("halfstep: " + other + ": top-1 50.00 %, below --min-top1 50.1\n");
    assertThat(top1.out()).isNotEmpty();
    CommandLineRun sqnr = thresholds(reference, other, labels, 50, 8.2);
    assertThat(sqnr.exitCode()).isEqualTo(3);
    assertThat(sqnr.err()).contains(": output y: SQNR 8.1 dB, below --min-sqnr 8.20");
    assertThat(thresholds(reference, other, labels, 0.9, 8).exitCode()).isEqualTo(2);
  }

  private CommandLineRun thresholds(
      Path reference, Path other, Path labels, double top1, double sqnr) {
    return CommandLineRun.of(
        "evaluate",
        reference,
        other,
        "--data",
        data,
        "--labels",
        labels,
        "--min-top1",
        top1,
        "--min-sqnr",
        sqnr);
  }

  @Test
  void saysThatAnOutputIsDegenerate() throws IOException {
    Path reference = model("reference.onnx", 1, 1);

    assertThat(notes(reference, model("zero.onnx", 0, 0)))
        .containsExactly("output y is 0.0 everywhere");
    assertThat(notes(reference, model("scaled.onnx", 1, 2))).isEmpty();
  }

  @Test
  void elementsThatAreNotFiniteAreCountedAndTheOthersCompared() throws IOException {
    Path reference = model("reference.onnx", Float.NaN, 1); // [[NaN, 2], [NaN, 3]]
    Path other = model("other.onnx", Float.NaN, 1.5f); // [[NaN, 3], [NaN, 4.5]]

    JsonNode matched = second(reference, other).get("outputs").get(0);

    assertThat(matched.get("sqnr_db").asDouble())
        .isCloseTo(10 * Math.log10((4 + 9) / (1 + 2.25)), within(1e-4));
    assertThat(matched.get("nonfinite_matched").asInt()).isEqualTo(2);
    assertThat(matched.get("nonfinite_unmatched").asInt()).isZero();
    assertThat(notes(reference, other))
        .containsExactly(
            "output y: 2 elements are NaN or infinite as in the first model, 0 only in one of the"
                + " two; the other elements are compared");
    Path finite = model("finite.onnx", 1, 1);
    assertThat(second(finite, other).get("outputs").get(0).get("nonfinite_unmatched").asInt())
        .isEqualTo(2);
    assertThat(
            CommandLineRun.of("evaluate", finite, other, "--data", data, "--min-sqnr", 1)
                .exitCode())
        .isEqualTo(3);
  }

  @Test
  void anOutputThatIsListedTwiceIsComparedOnce() throws IOException {
    Path reference = listedTwice(model("reference.onnx", 1, 1));
    Path other = listedTwice(model("other.onnx", 1, 1.6f));

    JsonNode sqnr = second(reference, other).get("sqnr_db");

    assertThat(sqnr).hasSize(2);
    assertThat(sqnr.get("z").asDouble())
        .isCloseTo(10 * Math.log10((4 + 9 + 25 + 16) / 0.72), within(1e-4));
    assertThat(sqnr.get("y").asDouble())
        .isCloseTo(10 * Math.log10(30 / (1.2 * 1.2 + 1.8 * 1.8)), within(1e-4));
  }

  private static Path listedTwice(Path model) throws IOException {
    ModelProto.Builder proto = ModelProto.parseFrom(Files.readAllBytes(model)).toBuilder();
    proto
        .getGraphBuilder()
        .addNode(
            NodeProto.newBuilder()
                .setOpType("Add")
                .addInput("x")
                .addInput("factors")
                .addOutput("z"))
        .addOutput(port("z"))
        .addOutput(port("y"));
    return Files.write(model, proto.build().toByteArray());
  }

  @Test
  void samplesThatTheModelWasNotTrainedOnAndChanceAreSaid() throws IOException {
    String folder = "src/examples/fashion-mnist/";
    CommandLineRun run =
        CommandLineRun.of(
            "evaluate",
            folder + "resnet14.onnx",
            "--data",
            folder + "test.npz:images",
            "--labels",
            folder + "test.npz:labels",
            "--samples",
            200,
            "--json");

    JsonNode json = new ObjectMapper().readTree(run.lastLine());
    assertThat(json.get("warnings").get(0).asText()).contains("batch norm", "normalize mean=");
    assertThat(json.get("models").get(0).get("top1").asDouble()).isLessThan(0.4);
  }

  private List<String> notes(Path reference, Path other) throws IOException {
    List<String> notes = new ArrayList<>();
    second(reference, other).get("notes").forEach(note -> notes.add(note.asText()));
    return notes;
  }

  private JsonNode second(Path reference, Path other) throws IOException {
    CommandLineRun run = CommandLineRun.of("evaluate", reference, other, "--data", data, "--json");
    assertThat(run.err()).isEmpty();
    return new ObjectMapper().readTree(run.lastLine()).get("models").get(1);
  }

  private Path model(String name, float... factors) throws IOException {
    TensorProto.Builder constant =
        TensorProto.newBuilder()
            .setName("factors")
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addDims(factors.length);
    for (float factor : factors) {
      constant.addFloatData(factor);
    }
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
            .setGraph(
                GraphProto.newBuilder()
                    .setName("scaling")
                    .addInput(port("x"))
                    .addOutput(port("y"))
                    .addInitializer(constant)
                    .addNode(
                        NodeProto.newBuilder()
                            .setOpType("Mul")
                            .addInput("x")
                            .addInput("factors")
                            .addOutput("y")))
            .build();
    return Files.write(folder.resolve(name), model.toByteArray());
  }

  private static ValueInfoProto port(String name) {
    TensorShapeProto shape =
        TensorShapeProto.newBuilder()
            .addDim(Dimension.newBuilder().setDimParam("N"))
            .addDim(Dimension.newBuilder().setDimValue(2))
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT_VALUE)
                        .setShape(shape)))
        .build();
  }
}
