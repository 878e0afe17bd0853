package io.halfstep.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassScoresTest {
  @Test
  void layersAndSoftmaxMayMakeScores() {
    assertThat(mayBe(node("MatMul", "y", "x", "c"))).isTrue();
    assertThat(mayBe(node("Gemm", "g", "x", "c"), node("Softmax", "y", "g"))).isTrue();
    assertThat(mayBe(node("MatMul", "m", "x", "c"), node("Add", "y", "c", "m"))).isTrue();
    assertThat(
            mayBe(node("Exp", "e", "x"), node("ReduceSum", "s", "e"), node("Div", "y", "e", "s")))
        .isTrue();
  }

  @Test
  void featuresAreNone() {
    assertThat(mayBe(node("LayerNormalization", "y", "x", "c"))).isFalse();
    assertThat(mayBe(node("Concat", "b", "x", "x"), node("Reshape", "y", "b", "c"))).isFalse();
    // A layer norm as single operators.
    assertThat(
            mayBe(
                node("Sqrt", "s", "x"),
                node("Div", "d", "x", "s"),
                node("Mul", "m", "d", "c"),
                node("Add", "y", "m", "c")))
        .isFalse();
  }

  private static boolean mayBe(NodeProto... nodes) {
    return ClassScores.mayBe(
        GraphProto.newBuilder()
            .addAllNode(List.of(nodes))
            .addInitializer(TensorProto.newBuilder().setName("c"))
            .build(),
        "y");
  }

  private static NodeProto node(String op, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }
}
