package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.model.OnnxGraphs.integer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Against the closed form of LSQ (Esser et al. 2020, eq. 3). */
class QuantizerGradientsTest {
  private static final Offset<Float> ROUNDING = Offset.offset(2e-3f);
  private static final float[] R = {1, -2, 3, -4, 5, 6};
  private static final float[] X = {-40, -0.61f, 0.12f, 0.49f, 1.33f, 50};

  /** Checks QuantizeLinear and DequantizeLinear of {@link #X} of shape {@code [2, 3]}. */
  private static void check(ElementType type, float[] scales, int[] zeros, int axis, int n, int p) {
    OnnxGraphs graph = OnnxGraphs.opset(21).input("x", 2, 3);
    long[] shape = axis < 0 ? shape() : shape(scales.length);
    graph.input("s", shape);
    List<String> parameters = new ArrayList<>(List.of("s"));
    if (zeros != null) {
      graph.initializer(zeros(type, zeros, shape));
      parameters.add("z");
    }
    List<String> q = new ArrayList<>(List.of("x"));
    q.addAll(parameters);
    List<String> dq = new ArrayList<>(List.of("q"));
    dq.addAll(parameters);
    int attribute = Math.max(0, axis);
    graph
        .node("QuantizeLinear", "q", q, integer("axis", attribute))
        .node("DequantizeLinear", "y", dq, integer("axis", attribute))
        .output("y");
    Map<String, Tensor> gradients =
        GradientCheck.of(graph)
            .with("x", Tensor.of(X, 2, 3))
            .with("s", Tensor.of(scales, shape))
            .gradients(1, -2, 3, -4, 5, 6);

    float[] expectedX = new float[6];
    float[] expectedScale = new float[scales.length];
    for (int i = 0; i < 6; i++) {
      int channel = axis < 0 ? 0 : axis == 0 ? i / 3 : i % 3;
      float s = scales[channel];
      int z = zeros == null ? 0 : zeros[channel];
      int level = Math.round(X[i] / s) + z;
      boolean inside = level >= n && level <= p;
      int clipped = Math.max(n, Math.min(p, level));
      expectedX[i] = inside ? R[i] : 0;
      expectedScale[channel] += R[i] * (inside ? clipped - z - X[i] / s : clipped - z);
    }
    assertThat(gradients.get("x").floats()).containsExactly(expectedX);
    assertThat(gradients.get("s").floats()).containsExactly(expectedScale, ROUNDING);
  }

  private static TensorProto zeros(ElementType type, int[] zeros, long[] shape) {
    return TensorProto.newBuilder()
        .setName("z")
        .setDataType(type.onnx())
        .addAllDims(Arrays.stream(shape).boxed().toList())
        .addAllInt32Data(Arrays.stream(zeros).boxed().toList())
        .build();
  }

  @Test
  void perTensor() {
    check(ElementType.UINT8, new float[] {0.1f}, null, -1, 0, 255);
    check(ElementType.UINT8, new float[] {0.1f}, new int[] {100}, -1, 0, 255);
    check(ElementType.INT8, new float[] {0.1f}, new int[] {-7}, -1, -128, 127);
    check(ElementType.INT16, new float[] {0.001f}, new int[] {0}, -1, -32768, 32767);
    check(ElementType.UINT16, new float[] {0.001f}, new int[] {20000}, -1, 0, 65535);
  }

  @Test
  void perAxis() {
    check(ElementType.INT8, new float[] {0.3f, 0.1f}, new int[] {0, 0}, 0, -128, 127);
    check(ElementType.UINT8, new float[] {0.2f, 0.3f, 0.1f}, new int[] {9, 128, 3}, 1, 0, 255);
  }

  /** A stored integer weight: {@code ∂x̂/∂s = q − z}. */
  @Test
  void scalesOfConstants() {
    GradientCheck.of(
            OnnxGraphs.opset(21)
                .initializer("q", Tensor.of(ElementType.INT8, new byte[] {-128, 5, 0, 7}, 2, 2))
                .initializer("z", Tensor.of(ElementType.INT8, new byte[] {3, -2}, 2))
                .input("s", 2)
                .node("DequantizeLinear", "y", List.of("q", "s", "z"), integer("axis", 0))
                .output("y"))
        .linear();
  }

  @Test
  void notBlocks() {
    OnnxGraphs graph =
        OnnxGraphs.opset(21)
            .initializer("q", Tensor.of(ElementType.INT8, new byte[4], 2, 2))
            .input("s", 2, 1)
            .node(
                "DequantizeLinear",
                "y",
                List.of("q", "s"),
                integer("axis", 1),
                integer("block_size", 2))
            .output("y");
    assertThatThrownBy(() -> GradientCheck.of(graph).linear())
        .hasMessage("node 'y': DequantizeLinear has no gradient by blocks");
  }

  /** Between the two, the tensor is pooled as integers. */
  @Test
  void notOperatorsOnIntegers() {
    OnnxGraphs graph =
        OnnxGraphs.opset(21)
            .input("x", 1, 1, 4)
            .initializer("s", Tensor.of(new float[] {0.1f}))
            .node("QuantizeLinear", "q", List.of("x", "s"))
            .node("Flatten", "flat", List.of("q"))
            .node("DequantizeLinear", "y", List.of("flat", "s"))
            .output("y");
    assertThatThrownBy(() -> GradientCheck.of(graph).linear())
        .hasMessage("node 'y': DequantizeLinear has no gradient of what Flatten makes");
  }
}
