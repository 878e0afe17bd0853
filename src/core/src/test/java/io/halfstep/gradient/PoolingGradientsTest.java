package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.text;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.halfstep.model.OnnxGraphs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolingGradientsTest {
  private static void average(long[] x, AttributeProto... attributes) {
    for (int withPads = 0; withPads < 2; withPads++) {
      node("AveragePool", x, attributes, integer("count_include_pad", withPads)).linear();
    }
  }

  private static void max(long[] x, AttributeProto... attributes) {
    node("MaxPool", x, attributes).distinct("a").piecewiseLinear();
  }

  private static GradientCheck node(
      String op, long[] x, AttributeProto[] attributes, AttributeProto... more) {
    List<AttributeProto> all = new ArrayList<>(Arrays.asList(attributes));
    all.addAll(Arrays.asList(more));
    return GradientCheck.ofNode(19, op, shapes(x), all.toArray(new AttributeProto[0]));
  }

  @Test
  void means() {
    average(shape(2, 3, 5, 6), ints("kernel_shape", 3, 2));
    average(
        shape(1, 2, 7, 6),
        ints("kernel_shape", 3, 3),
        ints("strides", 2, 1),
        ints("pads", 1, 0, 2, 1));
    average(shape(1, 1, 8, 7), ints("kernel_shape", 2, 3), ints("dilations", 3, 2));
    average(
        shape(1, 2, 7, 7),
        ints("kernel_shape", 3, 2),
        ints("strides", 2, 3),
        integer("ceil_mode", 1));
    average(
        shape(1, 2, 6, 6),
        ints("kernel_shape", 3, 3),
        ints("strides", 2, 2),
        ints("pads", 1, 1, 0, 0),
        integer("ceil_mode", 1));
    average(shape(2, 2, 9), ints("kernel_shape", 4), ints("strides", 3), ints("pads", 1, 2));
    average(shape(1, 2, 3, 4, 5), ints("kernel_shape", 2, 3, 2), ints("pads", 0, 1, 0, 1, 0, 1));
  }

  @Test
  void maxima() {
    max(shape(2, 3, 5, 6), ints("kernel_shape", 3, 2));
    max(
        shape(1, 2, 7, 6),
        ints("kernel_shape", 3, 3),
        ints("strides", 2, 1),
        ints("pads", 1, 0, 2, 1));
    max(shape(2, 1, 8, 7), ints("kernel_shape", 2, 3), ints("dilations", 3, 2));
    max(
        shape(1, 2, 7, 7),
        ints("kernel_shape", 3, 2),
        ints("strides", 2, 3),
        integer("ceil_mode", 1));
    max(shape(2, 2, 9), ints("kernel_shape", 4), ints("strides", 3), integer("storage_order", 1));
    max(shape(1, 2, 3, 4, 5), ints("kernel_shape", 2, 3, 2));
  }

  @Test
  void computedPads() {
    for (String mode : List.of("SAME_UPPER", "SAME_LOWER", "VALID")) {
      AttributeProto[] attributes = {
        text("auto_pad", mode), ints("kernel_shape", 3, 2), ints("strides", 2, 2)
      };
      average(shape(1, 2, 7, 7), attributes);
      average(shape(1, 2, 6, 5), attributes);
      max(shape(1, 2, 6, 5), attributes);
    }
  }

  @Test
  void allPositions() {
    for (long[] x : shapes(shape(2, 3, 4, 5), shape(1, 2, 3), shape(1, 1, 2, 2, 3))) {
      GradientCheck.ofNode(17, "GlobalAveragePool", shapes(x)).linear();
      GradientCheck.ofNode(17, "GlobalMaxPool", shapes(x)).distinct("a").piecewiseLinear();
    }
  }

  @Test
  void theFirstOfEqualMaximaHasTheGradient() {
    GradientCheck check =
        node("MaxPool", shape(1, 1, 4), new AttributeProto[] {ints("kernel_shape", 3)});
    assertThat(check.with("a", 1, 5, 5, 5).gradients(2, 3).get("a").floats())
        .containsExactly(0, 5, 0, 0);
  }

  @Test
  void unusedIndicesDoNotMatter() {
    GradientCheck.of(
            OnnxGraphs.opset(17)
                .input("x", 1, 2, 4, 4)
                .node(
                    "MaxPool",
                    "pool",
                    List.of("x"),
                    List.of("y", "where"),
                    ints("kernel_shape", 2, 2))
                .output("y"))
        .distinct("x")
        .piecewiseLinear();
  }
}
