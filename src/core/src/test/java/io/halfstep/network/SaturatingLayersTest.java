package io.halfstep.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class SaturatingLayersTest {
  /** {@code y = x·w}, both through DequantizeLinear. */
  private static ModelProto matMul(ElementType activation, ElementType weight, int greatest) {
    byte[] integers = {1, -2, 3, (byte) greatest};
    return OnnxGraphs.opset(21)
        .input("x", 1, 2)
        .initializer("s", Tensor.of(new float[] {0.1f}))
        .initializer("zx", Tensor.zeros(activation))
        .initializer("zw", Tensor.zeros(weight))
        .initializer("w", Tensor.of(weight, integers, 2, 2))
        .node("QuantizeLinear", "q", List.of("x", "s", "zx"))
        .node("DequantizeLinear", "a", List.of("q", "s", "zx"))
        .node("DequantizeLinear", "d", List.of("w", "s", "zw"))
        .node("MatMul", "y", List.of("a", "d"))
        .output("y")
        .proto();
  }

  @Test
  void signedBytesBesideBytesAreTold() {
    assertThat(SaturatingLayers.of(matMul(ElementType.UINT8, ElementType.INT8, -127)))
        .containsExactly("y");
    assertThat(SaturatingLayers.of(matMul(ElementType.INT8, ElementType.INT8, 127)))
        .containsExactly("y");
  }

  @Test
  void othersAreNot() {
    assertThat(SaturatingLayers.of(matMul(ElementType.UINT8, ElementType.UINT8, 200))).isEmpty();
    assertThat(SaturatingLayers.of(matMul(ElementType.UINT16, ElementType.INT8, 100))).isEmpty();
    assertThat(SaturatingLayers.of(matMul(ElementType.UINT8, ElementType.INT8, 64))).isEmpty();
  }

  /** The columns of the weight are {1, 3} and {−2, greatest}; only a column's numbers are added. */
  @Test
  void aPairHas128Steps() {
    assertThat(SaturatingLayers.of(matMul(ElementType.UINT8, ElementType.INT8, 126))).isEmpty();
    assertThat(SaturatingLayers.of(matMul(ElementType.UINT8, ElementType.INT8, 127)))
        .containsExactly("y");
  }

  /** A kernel reads channel after channel of a position. */
  @Test
  void pairsOfConvolutionsAreChannelsOfAPosition() {
    assertThat(SaturatingLayers.of(convolution(1, 100, 100, 1, 1))).isEmpty();
    assertThat(SaturatingLayers.of(convolution(1, 100, 1, 100, 1))).containsExactly("y");
    assertThat(SaturatingLayers.of(convolution(2, 100, 100, 100, 100))).isEmpty();
  }

  /** Two channels with a kernel of two positions; of two groups, depthwise. */
  private static ModelProto convolution(int groups, int a0, int a1, int b0, int b1) {
    byte[] integers = {(byte) a0, (byte) a1, (byte) b0, (byte) b1};
    return OnnxGraphs.opset(13)
        .input("x", ElementType.UINT8, 1, 2, 3)
        .initializer("w", Tensor.of(ElementType.INT8, integers, groups, groups == 2 ? 1 : 2, 2))
        .node("ConvInteger", "y", List.of("x", "w"), OnnxGraphs.integer("group", groups))
        .output("y")
        .proto();
  }

  @Test
  void operatorsOfIntegersAreSeen() {
    ModelProto model =
        OnnxGraphs.opset(13)
            .input("x", ElementType.UINT8, 1, 2)
            .initializer("w", Tensor.of(ElementType.INT8, new byte[] {1, -2, 3, 127}, 2, 2))
            .node("MatMulInteger", "y", List.of("x", "w"))
            .output("y")
            .proto();
    assertThat(SaturatingLayers.of(model)).containsExactly("y");
  }
}
