package io.halfstep.gradient;

import static io.halfstep.model.OnnxGraphs.integer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GradientModelTest {
  private static final Tensor X = Tensor.of(new float[] {1, 2, 3}, 3);

  private static OnnxGraphs graph(int opset) {
    return OnnxGraphs.opset(opset).input("x", 3);
  }

  private static ModelProto differentiated(OnnxGraphs graph, String... wanted) {
    ModelProto model = graph.output("loss").proto();
    return GradientModel.of(model, TensorTrace.of(model, Map.of("x", X)), "loss", List.of(wanted));
  }

  private static Map<String, Tensor> run(ModelProto model) {
    try (OnnxProgram program = OnnxProgram.load(model.toByteArray())) {
      return program.run(Map.of("x", X));
    }
  }

  @Test
  void outputsStayAndGradientsAreAdded() {
    Map<String, Tensor> results =
        run(
            differentiated(
                graph(17)
                    .node("Mul", "square", List.of("x", "x"))
                    .node("ReduceSum", "loss", List.of("square"), integer("keepdims", 0)),
                "x",
                "square",
                "loss"));
    assertThat(results.keySet())
        .containsExactly("loss", "x/gradient", "square/gradient", "loss/gradient");
    assertThat(results.get("loss").floats()).containsExactly(14);
    assertThat(results.get("x/gradient").floats()).containsExactly(2, 4, 6);
    assertThat(results.get("square/gradient").floats()).containsExactly(1, 1, 1);
    assertThat(results.get("loss/gradient").floats()).containsExactly(1);
  }

  @Test
  void zerosWhereTheLossDoesNotDepend() {
    Tensor gradient =
        run(differentiated(
                graph(17)
                    .weight("w", 2, 3)
                    .node("Mul", "unused", List.of("x", "w"))
                    .node("ReduceSum", "loss", List.of("x"))
                    .output("unused"),
                "w"))
            .get("w/gradient");
    assertThat(gradient.shape()).containsExactly(2, 3);
    assertThat(gradient.floats()).containsOnly(0);
  }

  @Test
  void anOperatorWithoutGradientIsNamed() {
    OnnxGraphs graph =
        graph(17)
            .integers("axis", 0)
            .node("CumSum", "sums", List.of("x", "axis"))
            .node("ReduceSum", "loss", List.of("sums"));
    assertThatThrownBy(() -> differentiated(graph, "x"))
        .isInstanceOf(NoGradientException.class)
        .hasMessage("node 'sums': CumSum has no gradient");
    NodeProto sums = graph.proto().getGraph().getNode(0);
    assertThat(GradientModel.differentiates(sums)).isFalse();
    assertThat(GradientModel.differentiates(graph.proto().getGraph().getNode(1))).isTrue();
  }

  @Test
  void itMayStandAside() {
    Tensor gradient =
        run(differentiated(
                graph(17)
                    .integers("axis", 0)
                    .weight("w", 3)
                    .node("CumSum", "sums", List.of("x", "axis"))
                    .node("Mul", "product", List.of("sums", "w"))
                    .node("ReduceSum", "loss", List.of("product")),
                "w"))
            .get("w/gradient");
    assertThat(gradient.floats()).containsExactly(1, 3, 6);
  }

  @Test
  void otherPrecisionsHaveNone() {
    OnnxGraphs graph =
        graph(17)
            .node("Cast", "half", List.of("x"), integer("to", ElementType.FLOAT16.onnx()))
            .node("Cast", "single", List.of("half"), integer("to", ElementType.FLOAT.onnx()))
            .node("ReduceSum", "loss", List.of("single"));
    assertThatThrownBy(() -> differentiated(graph, "x"))
        .hasMessage("node 'half': Cast has no gradient in FLOAT16");
  }

  @Test
  void theLossIsAScalar() {
    assertThatThrownBy(() -> differentiated(graph(17).node("Relu", "loss", List.of("x")), "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the loss 'loss' is not a scalar");
  }

  @Test
  void anOldOpsetIsRefused() {
    assertThatThrownBy(() -> differentiated(graph(15).node("ReduceSum", "loss", List.of("x")), "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("opset 15, expected 16 or newer");
  }
}
