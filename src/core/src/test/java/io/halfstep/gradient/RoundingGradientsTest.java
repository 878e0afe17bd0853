package io.halfstep.gradient;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RoundingGradientsTest {
  private static final Offset<Float> ROUNDING = Offset.offset(1e-5f);

  private static GradientCheck node(String op) {
    return GradientCheck.of(
        OnnxGraphs.opset(17).input("x", 3).node(op, "y", List.of("x")).output("y"));
  }

  @Test
  void roundingIsStraightThrough() {
    assertThat(node("Round").gradients(2, -3, 5).get("x").floats()).containsExactly(2, -3, 5);
  }

  @Test
  void stepsAreFlat() {
    for (String op : List.of("Floor", "Ceil", "Sign")) {
      assertThat(node(op).gradients(2, -3, 5).get("x").floats()).containsOnly(0);
    }
  }

  @Test
  void learnedLimits() {
    GradientCheck.of(
            OnnxGraphs.opset(17)
                .input("x", 20)
                .input("low")
                .input("high")
                .node("Clip", "y", List.of("x", "low", "high"))
                .output("y"))
        .with("low", -0.5)
        .with("high", 0.7)
        .inDouble();
  }

  @Test
  void oneLimit() {
    GradientCheck.of(
            OnnxGraphs.opset(17)
                .input("x", 20)
                .input("high")
                .node("Clip", "y", List.of("x", "", "high"))
                .output("y"))
        .with("high", 0.2)
        .inDouble();
  }

  /**
   * Inside the grid {@code ∂x̂/∂x = 1, ∂x̂/∂s = (x̂ − x)/s, ∂x̂/∂z = 0}; at its ends {@code 0, q −
   * z, −s} (Esser et al. 2020, eq. 3).
   */
  @Test
  void aQuantizerWithLearnedStepAndZeroPoint() {
    GradientCheck quantizer =
        GradientCheck.of(
                OnnxGraphs.opset(17)
                    .input("x", 5)
                    .input("s")
                    .input("z")
                    .initializer("n", Tensor.of(new float[] {0}))
                    .initializer("p", Tensor.of(new float[] {7}))
                    .node("Div", "scaled", List.of("x", "s"))
                    .node("Round", "rounded", List.of("scaled"))
                    .node("Add", "shifted", List.of("rounded", "z"))
                    .node("Clip", "level", List.of("shifted", "n", "p"))
                    .node("Sub", "centered", List.of("level", "z"))
                    .node("Mul", "y", List.of("centered", "s"))
                    .output("y"))
            .with("x", -1.3, -0.6, 0.1, 1.16, 3)
            .with("s", 0.25)
            .with("z", 2);
    Map<String, Tensor> gradients = quantizer.gradients(2, -3, 5, 7, -11);

    assertThat(gradients.get("x").floats()).containsExactly(new float[] {0, -3, 5, 7, 0}, ROUNDING);
    double s = 2 * -2 + -3 * (-2 + 2.4) + 5 * (0 - 0.4) + 7 * (5 - 4.64) + -11 * 5;
    assertThat(gradients.get("s").floats()[0]).isCloseTo((float) s, ROUNDING);
    assertThat(gradients.get("z").floats()[0]).isCloseTo(-0.25f * (2 - 11), ROUNDING);
  }
}
