package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Invalid input: the message is one line with the mistake, its location and a remedy. */
class BadInputTest {
  private static final int MISTAKE = 2;

  private final Path folder;
  private final Path model;
  private final Path data;
  private final Path out;

  BadInputTest(@TempDir Path folder) {
    this.folder = folder;
    this.out = folder.resolve("out.onnx");
    this.model = linear().write(folder.resolve("model.onnx"));
    this.data = NpyFiles.write(folder.resolve("data.npy"), samples(8, 4));
  }

  /** {@code x [N, 4] → y [N, 3]}. */
  private static OnnxGraphs linear() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 4)
        .weight("w", 4, 3)
        .node("MatMul", "y", List.of("x", "w"))
        .output("y");
  }

  private static Tensor samples(long... shape) {
    Random random = new Random(3);
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape);
  }

  private CommandLineRun quantize(Object model, Object data, Object... more) {
    List<Object> args =
        new ArrayList<>(List.of("quantize", model, "--data", data, "--out", out, "--quiet"));
    args.addAll(Arrays.asList(more));
    return CommandLineRun.of(args.toArray());
  }

  private void refused(CommandLineRun run, Object... says) {
    failed(run, MISTAKE, says);
  }

  private void failed(CommandLineRun run, int exitCode, Object... says) {
    assertThat(run.err())
        .startsWith("halfstep: ")
        .hasLineCount(1)
        .contains(Arrays.stream(says).map(Object::toString).toList())
        .doesNotContain("Exception", "null", "akka://", "during creation");
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(run.out()).isEmpty();
    assertThat(out).doesNotExist();
  }

  private Path npy(String name, Tensor tensor) {
    return NpyFiles.write(folder.resolve(name), tensor);
  }

  @Test
  void whatIsRightIsDone() {
    CommandLineRun run = quantize(model, data);
    assertThat(run).isEqualTo(new CommandLineRun(0, "", ""));
    assertThat(out).isNotEmptyFile();
  }

  @Test
  void aModelWithoutItsExternalData() {
    Path lacking = external("weights.bin");
    refused(quantize(lacking, data), lacking, "'w'", "no file 'weights.bin' beside the model");
  }

  @Test
  void aModelThatReadsOutsideOfItsFolder() {
    Path curious = external("../../etc/passwd");
    refused(quantize(curious, data), curious, "'w'", "outside of the model's folder");
  }

  private Path external(String location) {
    return OnnxGraphs.opset(13)
        .input("x", -1, 4)
        .initializer(
            TensorProto.newBuilder()
                .setName("w")
                .setDataType(TensorProto.DataType.FLOAT_VALUE)
                .addAllDims(List.of(4L, 3L))
                .setDataLocation(DataLocation.EXTERNAL)
                .addExternalData(
                    StringStringEntryProto.newBuilder().setKey("location").setValue(location))
                .build())
        .node("MatMul", "y", List.of("x", "w"))
        .output("y")
        .write(folder.resolve("external.onnx"));
  }

  @Test
  void aTensorWithTooFewElements() {
    Path torn =
        OnnxGraphs.opset(13)
            .input("x", -1, 4)
            .initializer(
                TensorProto.newBuilder()
                    .setName("w")
                    .setDataType(TensorProto.DataType.FLOAT_VALUE)
                    .addAllDims(List.of(4L, 3L))
                    .addFloatData(1)
                    .build())
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .write(folder.resolve("torn.onnx"));
    refused(quantize(torn, data), torn, "tensor 'w'", "holds 1 elements", "needs 12");
  }

  @Test
  void aModelThatBreaksTheRulesOfAnOperator() {
    Path odd =
        OnnxGraphs.opset(13)
            .input("x", -1, 1, 8, 8)
            .weight("w", 1, 1, 3, 3)
            .node("Conv", "y", List.of("x", "w"), OnnxGraphs.ints("pads", 1))
            .output("y")
            .write(folder.resolve("odd.onnx"));
    refused(quantize(odd, data), odd, "node 'y'", "pads has 1 entries", "expected 4");
  }

  @Test
  void aModelThatOnlyOnnxRuntimeKnowsToBeWrong() {
    Path odd =
        OnnxGraphs.opset(13)
            .input("x", -1, 4)
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("x", "w"), OnnxGraphs.integer("transA", 1))
            .output("y")
            .write(folder.resolve("odd.onnx"));
    refused(quantize(odd, data), odd, "ONNX Runtime refuses the model", "transA");
  }

  @Test
  void aModelThatIsQuantizedAlready() {
    assertThat(quantize(model, data).exitCode()).isZero();
    Path again = folder.resolve("again.onnx");
    CommandLineRun run =
        CommandLineRun.of("quantize", out, "--data", data, "--out", again, "--quiet");
    assertThat(run.exitCode()).isEqualTo(MISTAKE);
    assertThat(run.err())
        .isEqualTo(
            "halfstep: %s: is already quantized, nothing is left to quantize: 1 node (y, MatMul);"
                    .formatted(out)
                + " start from the float model\n");
    assertThat(again).doesNotExist();
  }

  @Test
  void aModelWithNothingToQuantize() {
    Path plain =
        OnnxGraphs.opset(13)
            .input("x", -1, 4)
            .node("Relu", "y", List.of("x"))
            .output("y")
            .write(folder.resolve("plain.onnx"));
    refused(quantize(plain, data), plain, "nothing to quantize");
  }

  @Test
  void aModelWhoseLayersReadNoInput() {
    Path constant =
        OnnxGraphs.opset(13)
            .input("x", -1, 4)
            .weight("a", 2, 4)
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("a", "w"))
            .output("y")
            .write(folder.resolve("constant.onnx"));
    refused(quantize(constant, data), constant, "nothing to quantize", "its input is constant");
  }

  @Test
  void weightsThatAreNotFinite() {
    Path broken =
        OnnxGraphs.opset(13)
            .input("x", -1, 4)
            .initializer("w", Tensor.of(new float[] {1, Float.NaN, 2, 3}, 4, 1))
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .write(folder.resolve("broken.onnx"));
    refused(quantize(broken, data), broken, "layer 'y'", "weight 'w'", "NaN at [1, 0]");
  }

  @Test
  void dataThatAreNotThere() {
    Path nowhere = folder.resolve("nowhere.npy");
    refused(quantize(model, nowhere), nowhere, "no such file");
  }

  @Test
  void dataForAnInputThatIsNotThere() {
    refused(quantize(model, "image=" + data), "image", "x");
  }

  @Test
  void dataOfAnotherShape() {
    Path wide = npy("wide.npy", samples(8, 5));
    refused(quantize(model, wide), wide, "[8, 5]", "x");
  }

  @Test
  void dataOfAnotherType() {
    Path tokens =
        OnnxGraphs.opset(13)
            .input("ids", ElementType.INT64, -1, 2)
            .weight("table", 10, 4)
            .node("Gather", "e", List.of("table", "ids"))
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("e", "w"))
            .output("y")
            .write(folder.resolve("tokens.onnx"));
    Path reals = npy("reals.npy", samples(8, 2));
    refused(quantize(tokens, reals), reals, "not integers", "for an integer input");
  }

  @Test
  void valuesThatAnOperatorCannotTake() {
    Path tokens =
        OnnxGraphs.opset(13)
            .input("ids", ElementType.INT64, -1, 2)
            .weight("table", 10, 4)
            .node("Gather", "e", List.of("table", "ids"))
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("e", "w"))
            .output("y")
            .write(folder.resolve("tokens.onnx"));
    Path large = npy("large.npy", Tensor.of(ElementType.INT64, new long[] {1, 99}, 1, 2));
    failed(quantize(tokens, large), 1, "batch 0", "operators-1", "indices element out of data");
  }

  @Test
  void noData() {
    Path empty = npy("empty.npy", Tensor.of(new float[0], 0, 4));
    refused(quantize(model, empty), empty, "no usable sample");
  }

  @Test
  void anEmptyFolder() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    refused(quantize(model, empty), empty);
  }

  @Test
  void dataCutShort() throws IOException {
    byte[] whole = Files.readAllBytes(data);
    Path cut = Files.write(folder.resolve("cut.npy"), Arrays.copyOf(whole, whole.length - 9));
    refused(quantize(model, cut), cut);
  }

  @Test
  void nanInSomeSamplesIsRejectedAndCounted() throws IOException {
    Tensor samples = samples(8, 4);
    samples.floats()[6] = Float.NaN;
    samples.floats()[21] = Float.NEGATIVE_INFINITY;
    CommandLineRun run = quantize(model, npy("some.npy", samples), "--json");

    assertThat(run.exitCode()).isZero();
    var json = new ObjectMapper().readTree(run.lastLine());
    assertThat(json.get("samples").asInt()).isEqualTo(6);
    assertThat(json.get("rejected").toString()).contains("2");
  }

  @Test
  void nanInAllSamples() {
    float[] values = new float[8];
    Arrays.fill(values, Float.NaN);
    Path poisoned = npy("poisoned.npy", Tensor.of(values, 2, 4));
    refused(quantize(model, poisoned), poisoned, "no usable sample", "2 rejected", "NaN");
  }

  @Test
  void nanInsideOfTheNetworkIsLeftOutAndSaid() throws IOException {
    Path report = folder.resolve("report.html");
    Tensor samples = samples(8, 4);
    for (int i = 0; i < samples.size(); i++) {
      samples.floats()[i] = i == 9 ? -1 : Math.abs(samples.floats()[i]);
    }
    CommandLineRun run = quantize(root(), npy("roots.npy", samples), "--json", "--report", report);

    assertThat(run.exitCode()).isZero();
    var layer = new ObjectMapper().readTree(run.lastLine()).get("layers").get(0);
    assertThat(layer.get("ratio").asDouble()).isBetween(0.0, 1.0);
    assertThat(layer.get("sqnr_db").asDouble()).isBetween(5.0, 60.0);
    assertThat(report).content().contains("NaN or infinite in 1 of 7 samples");
  }

  @Test
  void nanInsideOfTheNetworkThroughout() {
    Path negative = npy("negative.npy", Tensor.of(new float[] {-1, -2, -3, -4}, 1, 4));
    refused(quantize(root(), negative), "y: its input is NaN or infinite in every sample");
  }

  private Path root() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 4)
        .node("Sqrt", "s", List.of("x"))
        .weight("w", 4, 3)
        .node("MatMul", "y", List.of("s", "w"))
        .output("y")
        .write(folder.resolve("root.onnx"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void anOutputThatCannotBeWritten() {
    refused(
        CommandLineRun.of("quantize", model, "--data", data, "--out", "/proc/out.onnx"),
        "--out /proc/out.onnx",
        "choose another folder");
  }

  @Test
  void anOutputInAFolderThatIsNotThere() {
    Path away = folder.resolve("away/out.onnx");
    refused(
        CommandLineRun.of("quantize", model, "--data", data, "--out", away),
        "--out " + away,
        "no folder",
        "create it first");
  }

  @Test
  void aSpoolFolderThatIsNone() {
    refused(
        quantize(model, data, "--spool-dir", data), "spool folder " + data, "expected a folder");
  }

  @Test
  void memoryForNothingIsStillEnough() {
    assertThat(quantize(model, data, "--memory", "1", "--spool-dir", folder).exitCode()).isZero();
  }

  @Test
  void aServiceWithSettingsOutOfBoundsDoesNotStart() throws IOException {
    Path config = folder.resolve("service.conf");
    for (String setting : List.of("jobs.active = 0", "intake.queue-bytes = -1", "jobs.actve = 2")) {
      Files.writeString(config, "halfstep.service." + setting);
      CommandLineRun run = CommandLineRun.of("serve", "--port", 0, "--config", config);
      assertThat(run.exitCode()).isEqualTo(MISTAKE);
      assertThat(run.err())
          .startsWith("halfstep: " + config + ":1: halfstep.service.")
          .hasLineCount(1);
    }
    assertThat(CommandLineRun.of("serve", "--port", 70_000).err())
        .startsWith("halfstep: --port: halfstep.service.http.port: found '70000', expected");
  }
}
