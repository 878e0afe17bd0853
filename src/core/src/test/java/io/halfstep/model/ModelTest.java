package io.halfstep.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model.Port;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.TensorProtos;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
  private static final Path RESNET = Path.of("src/examples/fashion-mnist/resnet14.onnx");

  private final Path folder;

  ModelTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void readsTheBundledModel() {
    Model model = Model.read(RESNET);

    assertThat(model.inputs())
        .containsExactly(new Port("image", ElementType.FLOAT.onnx(), List.of(-1L, 1L, 28L, 28L)));
    assertThat(model.outputs()).extracting(Port::name).containsExactly("logits");
    assertThat(model.opset()).isEqualTo(13);
  }

  @Test
  void initializersAreNoInputs() {
    Model model =
        OnnxGraphs.opset(13)
            .input("x", 1, 4)
            .input("w", 4, 2)
            .weight("w", 4, 2)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .model();

    assertThat(model.inputs()).extracting(Port::name).containsExactly("x");
    assertThat(model.folded().proto().getGraph().getInputList())
        .extracting(input -> input.getName())
        .containsExactly("x");
  }

  @Test
  void theBatchAxisHasTheSameNameInAllInputs() {
    ModelProto.Builder model =
        OnnxGraphs.opset(13)
            .input("x", -1, 4)
            .input("state", 2, -1, 4)
            .input("rate")
            .input("table", -1, 4)
            .node("Add", "y", List.of("x", "rate"))
            .output("y")
            .proto()
            .toBuilder();
    model
        .getGraphBuilder()
        .getInputBuilder(0)
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .getShapeBuilder()
        .getDimBuilder(0)
        .setDimParam("N");
    model
        .getGraphBuilder()
        .getInputBuilder(1)
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .getShapeBuilder()
        .getDimBuilder(1)
        .setDimParam("N");
    Model read = Model.of(Path.of("hand-built.onnx"), model.build());
    assertThat(Stream.of("x", "state", "rate", "table").map(read::batchAxis))
        .containsExactly(0, 1, -1, 0);
  }

  @Test
  void saysWhatIsWrongWithAFile() throws IOException {
    byte[] whole = Files.readAllBytes(RESNET);
    refused(() -> Model.read(folder.resolve("none.onnx")), "no such file");
    refused(() -> Model.read(folder), "is a folder");
    refused(() -> Model.read(file(new byte[0])), "the file is empty");
    refused(() -> Model.read(file(Arrays.copyOf(whole, 100_000))), "cut short");
    refused(() -> Model.read(file(new byte[] {(byte) 0xff, 7, 7})), "not an ONNX model");
    refused(
        () -> Model.read(file(ModelProto.newBuilder().setIrVersion(8).build().toByteArray())),
        "has no graph");
    refused(
        () -> Model.read(OnnxGraphs.opset(17).input("x").write(folder.resolve("m"))), "no nodes");
    refused(() -> Model.read(relu(6).write(folder.resolve("m"))), "operator set 6", "7 to 23");
    refused(() -> Model.read(relu(24).write(folder.resolve("m"))), "operator set 24");
    refused(
        () ->
            Model.read(file(relu(9).proto().toBuilder().clearOpsetImport().build().toByteArray())),
        "operator set not given");
  }

  @Test
  void theOperatorSetsAreThoseOfOnnxRuntime() {
    for (int opset = Model.OLDEST_OPSET; opset <= Model.NEWEST_OPSET; opset++) {
      OnnxProgram.load(sum(opset)).close();
    }
    assertThatThrownBy(() -> OnnxProgram.load(sum(Model.OLDEST_OPSET - 1)))
        .hasMessageContaining("Add");
    assertThatThrownBy(() -> OnnxProgram.load(sum(Model.NEWEST_OPSET + 1)))
        .hasMessageContaining("Opset " + (Model.NEWEST_OPSET + 1));
  }

  private static byte[] sum(int opset) {
    return OnnxGraphs.opset(opset)
        .input("x", 2)
        .node("Add", "y", List.of("x", "x"))
        .output("y")
        .proto()
        .toByteArray();
  }

  @Test
  void everyPrefixOfAModelIsRefusedOrRead() throws IOException {
    byte[] whole = relu(17).proto().toByteArray();
    for (int length = 1; length < whole.length; length++) {
      Path file = file(Arrays.copyOf(whole, length));
      try {
        Model.read(file);
      } catch (InvalidInputException e) {
        assertThat(e).hasMessageStartingWith(file + ": ").hasMessageNotContaining("\n");
      }
    }
  }

  @Test
  void loadsExternalDataAtTheirOffset() throws IOException {
    Files.write(folder.resolve("data.bin"), new byte[] {9, 9, 0, 0, (byte) 0x80, 0x3f, 9});

    Model model = Model.read(external("data.bin", "2", "4"));

    TensorProto w = model.proto().getGraph().getInitializer(0);
    assertThat(TensorProtos.decode(w).floats()).containsExactly(1);
  }

  @Test
  void theLengthOfExternalDataMayBeLeftOut() throws IOException {
    Files.createDirectory(folder.resolve("sub"));
    Files.write(folder.resolve("sub/data.bin"), new byte[] {0, 0, (byte) 0x80, 0x3f});

    Model model = Model.read(external("./sub/../sub/data.bin", null, null));

    TensorProto w = model.proto().getGraph().getInitializer(0);
    assertThat(TensorProtos.decode(w).floats()).containsExactly(1);
  }

  @Test
  void externalDataStayInTheFolder() throws IOException {
    Path outside = Files.createTempFile("outside", ".bin");
    Files.write(outside, new byte[4]);
    Files.createSymbolicLink(folder.resolve("link.bin"), outside);
    Files.write(folder.resolve("short.bin"), new byte[3]);

    refused(() -> Model.read(external(outside.toString(), null, null)), "'w'", "outside");
    refused(() -> Model.read(external("../" + outside.getFileName(), null, null)), "outside");
    refused(() -> Model.read(external("", null, null)), "'w'", "outside");
    refused(() -> Model.read(external("link.bin", null, null)), "'w'", "link");
    refused(() -> Model.read(external("none.bin", null, null)), "'w'", "no file 'none.bin'");
    refused(() -> Model.read(external("short.bin", "0", "4")), "'w'", "has 3 bytes, 4");
    refused(() -> Model.read(external("short.bin", "9", null)), "'w'", "has 3 bytes");
    refused(() -> Model.read(external("short.bin", "-1", "4")), "'w'", "offset '-1'");
    refused(
        () -> Model.read(external("short.bin", "9223372036854775807", "4")), "'w'", "has 3 bytes");
    Files.delete(outside);
  }

  @Test
  void malformedGraphsAreRefused() {
    refused(
        () ->
            OnnxGraphs.opset(17)
                .input("x", 1)
                .node("Add", "a", List.of("x", "b"))
                .node("Add", "b", List.of("x", "a"))
                .output("b")
                .model()
                .folded(),
        "cycle");
    refused(
        () ->
            OnnxGraphs.opset(17)
                .input("x", 1)
                .node("Add", "a", List.of("x", "ghost"))
                .output("a")
                .model()
                .folded(),
        "'ghost'");
    refused(
        () ->
            OnnxGraphs.opset(17)
                .input("x", 1)
                .node("Relu", "a", List.of("x"))
                .node("Abs", "abs", List.of("x"), List.of("a"))
                .output("a")
                .model()
                .folded(),
        "'a' is made twice");
  }

  private static OnnxGraphs relu(int opset) {
    return OnnxGraphs.opset(opset).input("x", 1, 4).node("Relu", "y", List.of("x")).output("y");
  }

  private Path external(String location, @Nullable String offset, @Nullable String length)
      throws IOException {
    TensorProto.Builder w =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(ElementType.FLOAT.onnx())
            .addDims(1)
            .setDataLocation(DataLocation.EXTERNAL)
            .addExternalData(entry("location", location));
    if (offset != null) {
      w.addExternalData(entry("offset", offset));
    }
    if (length != null) {
      w.addExternalData(entry("length", length));
    }
    return OnnxGraphs.opset(17)
        .input("x", 1)
        .initializer(w.build())
        .node("Mul", "y", List.of("x", "w"))
        .output("y")
        .write(folder.resolve("external.onnx"));
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("file.onnx"), bytes);
  }

  private static void refused(ThrowingCallable call, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageNotContaining("\n")
        .hasMessageContainingAll(parts);
  }
}
