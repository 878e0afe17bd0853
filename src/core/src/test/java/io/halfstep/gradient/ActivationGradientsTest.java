package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;
import static io.halfstep.model.OnnxGraphs.real;
import static io.halfstep.model.OnnxGraphs.text;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationGradientsTest {
  private static GradientCheck node(String op, AttributeProto... attributes) {
    return GradientCheck.ofNode(20, op, shapes(shape(3, 1, 7)), attributes);
  }

  private static void check(DoubleUnaryOperator f, String op, AttributeProto... attributes) {
    GradientCheck check = node(op, attributes).within("a", -4, 4);
    check.against(inputs -> Arrays.stream(inputs.get("a")).map(f).toArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Identity", "Neg", "Abs", "Exp", "Relu", "Sigmoid", "Tanh", "Sin"})
  void functionsOfAllNumbers(String op) {
    node(op).inDouble();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Log", "Sqrt", "Reciprocal"})
  void functionsOfPositiveNumbers(String op) {
    node(op).within("a", 0.5, 2).inDouble();
  }

  @Test
  void functionsInSinglePrecisionOnly() {
    check(x -> Math.log1p(Math.exp(x)), "Softplus");
    check(ActivationGradientsTest::erf, "Erf");
    check(x -> x * clip(x / 6 + 0.5, 0, 1), "HardSwish");
    check(x -> clip(0.2f * x + 0.5, 0, 1), "HardSigmoid");
    check(x -> clip(0.3f * x + 0.4f, 0, 1), "HardSigmoid", real("alpha", 0.3f), real("beta", 0.4f));
    check(Math::cos, "Cos");
    check(x -> x / (1 + Math.abs(x)), "Softsign");
    check(x -> x * Math.tanh(Math.log1p(Math.exp(x))), "Mish");
    check(x -> x > 0 ? x : Math.expm1(x), "Elu");
    check(x -> x > 0 ? x : 0.7f * Math.expm1(x), "Elu", real("alpha", 0.7f));
    check(x -> 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)), "Selu");
    check(x -> x > 0 ? x : 0.7f * Math.expm1(x / 0.7f), "Celu", real("alpha", 0.7f));
    check(x -> x > 0 ? x : 0.01f * x, "LeakyRelu");
    check(x -> x > 0 ? x : -0.5f * x, "LeakyRelu", real("alpha", -0.5f));
  }

  @Test
  void gaussianErrorLinearUnits() {
    check(x -> x * (1 + erf(x / Math.sqrt(2))) / 2, "Gelu");
    check(
        x -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        "Gelu",
        text("approximate", "tanh"));
  }

  private static double clip(double x, double low, double high) {
    return Math.min(Math.max(x, low), high);
  }

  /** The series {@code 2/√π · e^(−x²) · Σ 2ⁿx^(2n+1)/(2n+1)!!}. */
  private static double erf(double x) {
    double sum = 0;
    double term = x;
    for (int n = 1; Math.abs(term) > 1e-18; n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
}
