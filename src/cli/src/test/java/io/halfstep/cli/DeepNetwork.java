package io.halfstep.cli;

import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * A network of many small layers, two in each residual block, for {@link TinyNetwork}'s samples.
 */
final class DeepNetwork {
  private DeepNetwork() {}

  /** Returns the model as ONNX. */
  static byte[] of(int blocks, Path folder) throws IOException {
    Random random = new Random(1);
    OnnxGraphs graph = OnnxGraphs.opset(13).input("x", -1, 4, 6, 6);
    String before = "x";
    for (int block = 0; block < blocks; block++) {
      String name = "block%d/".formatted(block);
      graph
          .initializer(name + "w", weight(random))
          .initializer(name + "v", weight(random))
          .node("Conv", name + "a", List.of(before, name + "w"))
          .node("Relu", name + "r", List.of(name + "a"))
          .node("Conv", name + "b", List.of(name + "r", name + "v"))
          .node("Add", name + "y", List.of(before, name + "b"));
      before = name + "y";
    }
    Path file = folder.resolve("deep.onnx");
    graph.output(before).write(file);
    return Files.readAllBytes(file);
  }

  private static Tensor weight(Random random) {
    float[] values = new float[16];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.1F * (float) random.nextGaussian();
    }
    return Tensor.of(ElementType.FLOAT, values, new long[] {4, 4, 1, 1});
  }
}
