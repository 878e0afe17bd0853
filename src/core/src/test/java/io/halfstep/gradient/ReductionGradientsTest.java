package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.halfstep.model.OnnxGraphs;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReductionGradientsTest {
  private static GradientCheck withAxes(String op, long[] axes, AttributeProto... attributes) {
    return GradientCheck.of(
        OnnxGraphs.opset(18)
            .input("a", 2, 3, 4)
            .integers("axes", axes)
            .node(op, "y", List.of("a", "axes"), attributes)
            .output("y"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ReduceSum",
        "ReduceMean",
        "ReduceMax",
        "ReduceMin",
        "ReduceSumSquare",
        "ReduceL1",
        "ReduceL2",
        "ReduceLogSumExp"
      })
  void overAxes(String op) {
    withAxes(op, shape(1)).inDouble();
    withAxes(op, shape(-1, 0), integer("keepdims", 0)).inDouble();
    withAxes(op, shape(0, 1, 2), integer("keepdims", 0)).inDouble();
    withAxes(op, shape()).inDouble();
    GradientCheck.ofNode(18, op, shapes(shape(3, 2)), integer("keepdims", 0)).inDouble();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ReduceSum", "ReduceMean"})
  void overNoAxes(String op) {
    withAxes(op, shape(), integer("noop_with_empty_axes", 1)).inDouble();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ReduceMean", "ReduceMax", "ReduceL2"})
  void axesWereAttributes(String op) {
    GradientCheck.ofNode(17, op, shapes(shape(2, 3, 4)), ints("axes", 0, -1)).inDouble();
    GradientCheck.ofNode(17, op, shapes(shape(2, 3, 4)), ints("axes", 1), integer("keepdims", 0))
        .inDouble();
  }

  @Test
  void equalMaximaShareTheGradient() {
    GradientCheck check = GradientCheck.ofNode(18, "ReduceMax", shapes(shape(4)));
    assertThat(check.with("a", 3, 1, 3, 2).gradients(5).get("a").floats())
        .containsExactly(2.5f, 0, 2.5f, 0);
  }
}
