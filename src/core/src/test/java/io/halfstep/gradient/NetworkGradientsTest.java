package io.halfstep.gradient;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.export.Samples;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkGradientsTest {
  @ParameterizedTest
  @ValueSource(strings = {"resnet14.onnx", "mobilenetv2.onnx"})
  void convolutionalNetworks(String file) {
    Model model = Model.read(Samples.FOLDER.resolve(file));
    OpsetUpgrade upgrade = OpsetUpgrade.of(model.proto(), GradientModel.LEAST_OPSET);
    assertThat(upgrade.obstacles()).isEmpty();
    List<String> weights =
        upgrade.model().getGraph().getNodeList().stream()
            .filter(node -> Nodes.is(node, "Conv"))
            .map(node -> node.getInput(1))
            .toList();
    Map<String, Tensor> values = new LinkedHashMap<>();
    GradientCheck check =
        GradientCheck.of(fed(upgrade.model(), List.of(weights.get(1), weights.get(6)), values));
    values.forEach(check::with);
    check.alongDirections();
  }

  /** Returns a model with inputs in place of some initializers, whose values are put aside. */
  private static ModelProto fed(ModelProto model, List<String> names, Map<String, Tensor> values) {
    GraphProto.Builder graph = model.getGraph().toBuilder().clearInitializer().clearInput();
    graph.addInput(port(model.getGraph().getInput(0).getName(), 2, 1, 28, 28));
    for (TensorProto constant : model.getGraph().getInitializerList()) {
      if (names.contains(constant.getName())) {
        Tensor tensor = TensorProtos.decode(constant);
        values.put(constant.getName(), tensor);
        graph.addInput(port(constant.getName(), tensor.shape()));
      } else {
        graph.addInitializer(constant);
      }
    }
    return model.toBuilder().setGraph(graph).build();
  }

  private static ValueInfoProto port(String name, long... shape) {
    return OnnxGraphs.opset(17).input(name, shape).graph().getInput(0);
  }

  /** Attention of two heads and a feed-forward layer with Gelu by Erf. */
  @Test
  void aTransformerBlock() {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", 2, 5, 8)
            .input("qkv", 8, 24)
            .input("out", 8, 8)
            .input("up", 8, 12)
            .input("down", 12, 8)
            .input("gain", 8)
            .input("bias", 8)
            .integers("heads", 2, 5, 3, 2, 4)
            .integers("joined", 2, 5, 8)
            .integers("zero", 0)
            .initializer("scale", scalar(0.5f))
            .initializer("root", scalar((float) Math.sqrt(2)))
            .initializer("one", scalar(1))
            .node("LayerNormalization", "norm1", List.of("x", "gain", "bias"))
            .node("MatMul", "projected", List.of("norm1", "qkv"))
            .node("Reshape", "split", List.of("projected", "heads"))
            .node("Transpose", "headsFirst", List.of("split"), ints("perm", 2, 0, 3, 1, 4))
            .node("Split", "parts", List.of("headsFirst"), List.of("q5", "k5", "v5"));
    for (String part : List.of("q", "k", "v")) {
      graph.node("Squeeze", part, List.of(part + "5", "zero"));
    }
    GradientCheck.of(
            graph
                .node("Transpose", "kT", List.of("k"), ints("perm", 0, 1, 3, 2))
                .node("MatMul", "scores", List.of("q", "kT"))
                .node("Mul", "scaled", List.of("scores", "scale"))
                .node("Softmax", "attention", List.of("scaled"), integer("axis", -1))
                .node("MatMul", "mixed", List.of("attention", "v"))
                .node("Transpose", "mixedT", List.of("mixed"), ints("perm", 0, 2, 1, 3))
                .node("Reshape", "merged", List.of("mixedT", "joined"))
                .node("MatMul", "attended", List.of("merged", "out"))
                .node("Add", "residual", List.of("x", "attended"))
                .node("LayerNormalization", "norm2", List.of("residual", "gain", "bias"))
                .node("MatMul", "wide", List.of("norm2", "up"))
                .node("Div", "unit", List.of("wide", "root"))
                .node("Erf", "erf", List.of("unit"))
                .node("Add", "cdf", List.of("erf", "one"))
                .node("Mul", "half", List.of("wide", "cdf"))
                .node("Mul", "gelu", List.of("half", "scale"))
                .node("MatMul", "narrow", List.of("gelu", "down"))
                .node("Add", "y", List.of("residual", "narrow"))
                .output("y"))
        .alongDirections();
  }

  private static Tensor scalar(float value) {
    return Tensor.of(new float[] {value});
  }
}
