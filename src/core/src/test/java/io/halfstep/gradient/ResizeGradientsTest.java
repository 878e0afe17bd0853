package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.text;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Resize is linear, so that differences are exact. */
class ResizeGradientsTest {
  private static GradientCheck byScales(long[] x, float[] scales, AttributeProto... attributes) {
    return GradientCheck.of(
        OnnxGraphs.opset(18)
            .input("x", x)
            .initializer("scales", Tensor.of(scales, scales.length))
            .node("Resize", "y", List.of("x", "", "scales"), attributes)
            .output("y"));
  }

  private static GradientCheck bySizes(long[] x, long[] sizes, AttributeProto... attributes) {
    return GradientCheck.of(
        OnnxGraphs.opset(18)
            .input("x", x)
            .integers("sizes", sizes)
            .node("Resize", "y", List.of("x", "", "", "sizes"), attributes)
            .output("y"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "half_pixel",
        "half_pixel_symmetric",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric"
      })
  void coordinates(String transformation) {
    for (String mode : List.of("nearest", "linear", "cubic")) {
      AttributeProto[] attributes = {
        text("mode", mode), text("coordinate_transformation_mode", transformation)
      };
      byScales(shape(2, 3, 3, 4), new float[] {1, 1, 2, 2.6f}, attributes).linear();
      byScales(shape(1, 2, 5, 7), new float[] {1, 1, 0.6f, 1.1f}, attributes).linear();
      bySizes(shape(1, 2, 5, 4), shape(1, 2, 7, 3), attributes).linear();
      bySizes(shape(1, 1, 2, 4), shape(1, 1, 1, 4), attributes).linear();
      byScales(shape(1, 1, 2, 4), new float[] {1, 1, 1.1f, 1.2f}, attributes).linear();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
  void nearestElements(String rounding) {
    byScales(shape(1, 2, 4, 3), new float[] {1, 1, 1.5f, 2}, text("nearest_mode", rounding))
        .linear();
    byScales(shape(2, 3, 4), new float[] {1, 2, 0.75f}, text("nearest_mode", rounding)).linear();
  }

  @Test
  void otherRanksAndFilters() {
    byScales(shape(3, 4), new float[] {2, 1.5f}, text("mode", "linear")).linear();
    byScales(shape(1, 2, 3, 4, 3), new float[] {1, 1, 2, 0.5f, 3}, text("mode", "linear")).linear();
    byScales(
            shape(1, 2, 8, 7),
            new float[] {1, 1, 0.5f, 0.6f},
            text("mode", "linear"),
            integer("antialias", 1))
        .linear();
    bySizes(shape(2, 2, 3, 4), shape(5, 6), ints("axes", 2, 3), text("mode", "linear")).linear();
  }

  @Test
  void notRegions() {
    OnnxGraphs graph =
        OnnxGraphs.opset(18)
            .input("x", 4, 4)
            .initializer("roi", Tensor.of(new float[] {0, 0, 0.5f, 1}, 4))
            .integers("sizes", 3, 3)
            .node(
                "Resize",
                "y",
                List.of("x", "roi", "", "sizes"),
                text("mode", "linear"),
                text("coordinate_transformation_mode", "tf_crop_and_resize"))
            .output("y");
    assertThatThrownBy(() -> GradientCheck.of(graph).linear())
        .hasMessage("node 'y': Resize has no gradient in mode tf_crop_and_resize");
  }
}
