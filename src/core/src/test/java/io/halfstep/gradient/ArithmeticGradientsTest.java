package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;

import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArithmeticGradientsTest {
  static final List<long[][]> BROADCASTS =
      List.of(
          shapes(shape(2, 3), shape(2, 3)),
          shapes(shape(2, 1, 5), shape(3, 1)),
          shapes(shape(7), shape(2, 3, 7)),
          shapes(shape(), shape(1, 3)),
          shapes(shape(1, 1, 1), shape(1)),
          shapes(shape(1, 3, 1, 2), shape(4, 1, 5, 1)));

  @ParameterizedTest
  @FieldSource("BROADCASTS")
  void broadcastTensors(long[][] shapes) {
    for (String op : List.of("Add", "Sub", "Mul", "Max", "Min", "Sum")) {
      GradientCheck.ofNode(17, op, shapes).inDouble();
    }
    GradientCheck.ofNode(17, "Div", shapes).within("b", 0.5, 2).inDouble();
    GradientCheck.ofNode(17, "Pow", shapes).within("a", 0.5, 2).inDouble();
  }

  @Test
  void manyTerms() {
    long[][] shapes = shapes(shape(2, 3), shape(3), shape(2, 1), shape());
    for (String op : List.of("Sum", "Max", "Min")) {
      GradientCheck.ofNode(17, op, shapes).inDouble();
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {2, 3, 0.5, -1})
  void constantPowers(double exponent) {
    GradientCheck.of(
            OnnxGraphs.opset(17)
                .input("a", 5)
                .initializer("exponent", Tensor.of(new float[] {(float) exponent}))
                .node("Pow", "y", List.of("a", "exponent"))
                .output("y"))
        .within("a", 0.5, 2)
        .inDouble();
  }

  @Test
  void choices() {
    GradientCheck.of(
            OnnxGraphs.opset(17)
                .initializer("condition", Tensor.of(ElementType.BOOL, new byte[] {1, 0, 1}, 3, 1))
                .input("a", 2, 1, 4)
                .input("b", 3, 4)
                .node("Where", "y", List.of("condition", "a", "b"))
                .output("y"))
        .inDouble();
  }

  @Test
  void learnedSlopes() {
    for (long[] slope : shapes(shape(), shape(4), shape(3, 1), shape(2, 3, 4))) {
      GradientCheck.ofNode(17, "PRelu", shapes(shape(2, 3, 4), slope)).inDouble();
    }
  }

  @Test
  void aTensorReadTwice() {
    GradientCheck.of(
            OnnxGraphs.opset(17)
                .input("a", 2, 3)
                .node("Mul", "square", List.of("a", "a"))
                .node("Sub", "y", List.of("square", "a"))
                .output("y"))
        .inDouble();
  }
}
