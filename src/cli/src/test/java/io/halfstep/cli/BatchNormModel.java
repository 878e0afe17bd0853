package io.halfstep.cli;

import io.halfstep.model.OnnxGraphs;
import java.nio.file.Path;
import java.util.List;

/** A model of two layers with a batch norm between them. */
final class BatchNormModel {
  private BatchNormModel() {}

  static Path write(Path folder) {
    return OnnxGraphs.opset(17)
        .input("x", -1, 4)
        .weight("w", 4, 8)
        .node("Gemm", "a", List.of("x", "w"))
        .batchNorm("n", "a", 8)
        .node("Relu", "r", List.of("n"))
        .weight("v", 8, 3)
        .weight("c", 3)
        .node("Gemm", "y", List.of("r", "v", "c"))
        .output("y")
        .write(folder.resolve("model.onnx"));
  }
}
