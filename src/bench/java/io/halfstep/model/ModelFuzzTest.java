package io.halfstep.model;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.fuzz.Untrusted;
import io.halfstep.graph.StageGraph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX models. */
class ModelFuzzTest {
  private static final Path CASES = Path.of("src/core/src/test/resources/cases");

  static Stream<byte[]> models() throws IOException {
    try (Stream<Path> cases = Files.list(CASES)) {
      List<Path> folders = cases.sorted().toList();
      Stream.Builder<byte[]> models = Stream.builder();
      for (Path folder : folders) {
        models.add(Files.readAllBytes(folder.resolve("model.onnx")));
      }
      models.add(small());
      return models.build();
    }
  }

  private static byte[] small() {
    return OnnxGraphs.opset(11)
        .input("x", -1, 1, 28, 28)
        .weight("w1", 2, 1, 3, 3)
        .node(
            "Conv",
            "c1",
            List.of("x", "w1"),
            OnnxGraphs.ints("pads", 1, 1, 1, 1),
            OnnxGraphs.ints("strides", 2, 2))
        .batchNorm("n1", "c1", 2)
        .integers("axes", 2, 3)
        .node("ReduceMean", "f", List.of("n1"), OnnxGraphs.ints("axes", 2, 3))
        .node("Softmax", "y", List.of("f"), OnnxGraphs.integer("axis", 1))
        .output("y")
        .proto()
        .toByteArray();
  }

  /** Reads the file and its external data. */
  @MethodSource("models")
  @FuzzTest
  void file(byte[] input) {
    Untrusted.check(input, "model.onnx", Model::read);
  }

  /** Folds constants and cuts the model into stages. */
  @MethodSource("models")
  @FuzzTest
  void graph(byte[] input) {
    Untrusted.check(input, "model.onnx", file -> StageGraph.of(Model.read(file)));
  }

  /** Raises the model to the newest operators. */
  @MethodSource("models")
  @FuzzTest
  void opset(byte[] input) {
    Untrusted.check(
        input,
        "model.onnx",
        file -> OpsetUpgrade.of(Model.read(file).proto(), OpsetUpgrade.NEWEST));
  }
}
