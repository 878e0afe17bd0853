package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.text;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Convolutions are linear in each input, so that differences are exact. */
class ConvolutionGradientsTest {
  private static void conv(long[] x, long[] w, AttributeProto... attributes) {
    GradientCheck.ofNode(17, "Conv", shapes(x, w, shape(w[0])), attributes).linear();
    GradientCheck.ofNode(17, "Conv", shapes(x, w), attributes).linear();
  }

  private static void transposed(long[] x, long[] w, int groups, AttributeProto... attributes) {
    AttributeProto[] all = Arrays.copyOf(attributes, attributes.length + 1);
    all[attributes.length] = integer("group", groups);
    GradientCheck.ofNode(17, "ConvTranspose", shapes(x, w, shape(w[1] * groups)), all).linear();
  }

  @Test
  void planes() {
    conv(shape(2, 3, 5, 6), shape(4, 3, 3, 2));
    conv(shape(1, 1, 1, 1), shape(1, 1, 1, 1));
    conv(shape(1, 2, 7, 5), shape(3, 2, 3, 3), ints("pads", 1, 0, 2, 1));
    conv(shape(2, 2, 8, 7), shape(3, 2, 3, 3), ints("strides", 2, 3), ints("pads", 1, 1, 1, 1));
    conv(shape(1, 2, 9, 8), shape(2, 2, 3, 2), ints("dilations", 2, 3), ints("strides", 2, 1));
    conv(shape(2, 3, 6, 6), shape(2, 3, 1, 1), ints("strides", 2, 2));
    conv(shape(2, 3, 4, 5), shape(2, 3, 1, 1));
    conv(shape(1, 2, 4, 4), shape(2, 2, 1, 1), ints("pads", 1, 1, 0, 2));
    conv(shape(1, 2, 11, 4), shape(2, 2, 2, 2), ints("strides", 4, 3));
  }

  @Test
  void groups() {
    conv(shape(2, 4, 5, 5), shape(6, 2, 3, 3), integer("group", 2), ints("pads", 1, 1, 1, 1));
    conv(shape(2, 3, 6, 5), shape(3, 1, 3, 3), integer("group", 3), ints("strides", 2, 2));
    conv(shape(3, 2, 9, 7), shape(2, 1, 2, 3), integer("group", 2), ints("strides", 4, 3));
    conv(shape(3, 2, 5, 4), shape(4, 1, 2, 3), integer("group", 2), ints("pads", 0, 1, 1, 2));
    conv(
        shape(2, 3, 9, 7),
        shape(3, 1, 3, 3),
        integer("group", 3),
        ints("dilations", 2, 2),
        ints("pads", 2, 1, 2, 1),
        ints("strides", 1, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"SAME_UPPER", "SAME_LOWER", "VALID"})
  void computedPads(String mode) {
    conv(shape(1, 2, 6, 5), shape(2, 2, 4, 3), text("auto_pad", mode), ints("strides", 2, 1));
    conv(shape(2, 2, 7, 9), shape(3, 2, 2, 3), text("auto_pad", mode), ints("strides", 3, 2));
    transposed(
        shape(1, 2, 4, 3), shape(2, 2, 4, 3), 1, text("auto_pad", mode), ints("strides", 2, 3));
  }

  @Test
  void otherRanks() {
    conv(shape(2, 2, 9), shape(3, 2, 4), ints("strides", 2), ints("pads", 1, 2));
    conv(shape(2, 4, 9), shape(4, 1, 3), integer("group", 4), ints("dilations", 2));
    conv(
        shape(1, 2, 4, 5, 3),
        shape(2, 2, 2, 3, 2),
        ints("strides", 1, 2, 1),
        ints("pads", 1, 0, 1, 0, 1, 0));
    transposed(shape(2, 2, 5), shape(2, 3, 4), 1, ints("strides", 3), ints("pads", 1, 2));
    transposed(shape(1, 2, 2, 3, 2), shape(2, 1, 2, 2, 3), 1, ints("strides", 2, 1, 2));
  }

  @Test
  void transposedPlanes() {
    transposed(shape(2, 3, 4, 5), shape(3, 2, 3, 2), 1);
    transposed(
        shape(1, 2, 3, 4), shape(2, 3, 3, 3), 1, ints("strides", 2, 3), ints("pads", 1, 0, 0, 2));
    transposed(
        shape(1, 2, 3, 4),
        shape(2, 3, 3, 3),
        1,
        ints("strides", 2, 3),
        ints("output_padding", 1, 2));
    transposed(
        shape(1, 4, 3, 3),
        shape(4, 2, 2, 3),
        2,
        ints("dilations", 2, 1),
        ints("strides", 2, 2),
        ints("output_padding", 0, 1),
        ints("pads", 1, 1, 1, 1));
    transposed(shape(2, 3, 3, 4), shape(3, 1, 3, 3), 3, ints("strides", 2, 2));
    transposed(
        shape(1, 2, 3, 3), shape(2, 2, 3, 3), 1, ints("strides", 2, 2), ints("output_shape", 6, 8));
    transposed(
        shape(1, 2, 3, 3),
        shape(2, 2, 3, 3),
        1,
        ints("strides", 2, 2),
        ints("output_shape", 6, 6),
        text("auto_pad", "SAME_UPPER"));
  }
}
