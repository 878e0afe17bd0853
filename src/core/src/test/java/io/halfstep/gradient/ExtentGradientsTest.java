package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.model.OnnxGraphs.text;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.model.OnnxGraphs;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExtentGradientsTest {
  private static void slice(long[] starts, long[] ends, long[] axes, long[] steps) {
    GradientCheck.of(
            OnnxGraphs.opset(18)
                .input("x", 5, 3, 7)
                .integers("starts", starts)
                .integers("ends", ends)
                .integers("axes", axes)
                .integers("steps", steps)
                .node("Slice", "y", List.of("x", "starts", "ends", "axes", "steps"))
                .output("y"))
        .linear();
  }

  private static OnnxGraphs padded(String mode) {
    return OnnxGraphs.opset(18)
        .input("x", 3, 4)
        .integers("pads", 1, 2, 0, 1)
        .node("Pad", "y", List.of("x", "pads"), text("mode", mode))
        .output("y");
  }

  @Test
  void slices() {
    slice(shape(1), shape(4), shape(0), shape(1));
    slice(shape(0, 1), shape(5, 100), shape(-1, 1), shape(2, 1));
    slice(shape(-2), shape(-100), shape(2), shape(-1));
    slice(shape(100, -1), shape(1, -100), shape(0, 2), shape(-3, -2));
    slice(shape(-100), shape(3), shape(2), shape(2));
  }

  @Test
  void slicesOfTheFirstAxes() {
    GradientCheck.of(
            OnnxGraphs.opset(18)
                .input("x", 4, 3)
                .integers("starts", 1, 0)
                .integers("ends", 3, 2)
                .node("Slice", "y", List.of("x", "starts", "ends"))
                .output("y"))
        .linear();
  }

  @Test
  void pads() {
    GradientCheck.of(padded("constant")).linear();
    GradientCheck.of(
            OnnxGraphs.opset(18)
                .input("x", 2, 5, 4)
                .integers("pads", 1, -1, 2, -2)
                .integers("axes", -1, 1)
                .node("Pad", "y", List.of("x", "pads", "", "axes"))
                .output("y"))
        .linear();
  }

  @Test
  void notPadsThatRepeatElements() {
    for (String mode : List.of("reflect", "edge")) {
      assertThatThrownBy(() -> GradientCheck.of(padded(mode)).linear())
          .isInstanceOf(NoGradientException.class)
          .hasMessage("node 'y': Pad has no gradient in mode " + mode);
    }
  }
}
