package io.halfstep.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class CurvatureTest {
  private static final OnnxGraphs LINEAR =
      OnnxGraphs.opset(17)
          .input("x", -1, 4)
          .weight("w", 4, 3)
          .node("MatMul", "y", List.of("x", "w"))
          .output("y");

  private static final OnnxGraphs TWO_LAYERS =
      OnnxGraphs.opset(17)
          .input("x", -1, 2, 4, 4)
          .weight("aw", 3, 2, 3, 3)
          .node("Conv", "a", List.of("x", "aw"))
          .node("Relu", "ar", List.of("a"))
          .weight("bw", 2, 3, 1, 1)
          .node("Conv", "b", List.of("ar", "bw"))
          .node("Sigmoid", "y", List.of("b"))
          .output("y")
          .output("ar");

  private static List<Map<String, Tensor>> samples(int count, long... shape) {
    Random random = new Random(5);
    List<Map<String, Tensor>> samples = new ArrayList<>();
    for (int s = 0; s < count; s++) {
      float[] x = new float[Tensor.elements(shape)];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
      }
      samples.add(Map.of("x", Tensor.of(x, shape)));
    }
    return samples;
  }

  private static Curvature curvature(OnnxGraphs network, String mask) {
    StageGraph graph = StageGraph.of(network.model());
    return new Curvature(graph, List.copyOf(weights(graph).values()), mask, 1);
  }

  /** Returns the names of the weights by layer. */
  private static Map<String, String> weights(StageGraph graph) {
    return graph.layers().stream()
        .collect(Collectors.toMap(Layer::name, layer -> layer.node().getInput(1)));
  }

  private static Map<String, float[]> means(
      OnnxGraphs network, List<Map<String, Tensor>> samples, int together) {
    try (Curvature curvature = curvature(network, null)) {
      for (int from = 0; from < samples.size(); from += together) {
        curvature.add(samples.subList(from, Math.min(samples.size(), from + together)));
      }
      Map<String, Tensor> means = curvature.means();
      Map<String, float[]> byLayer = new HashMap<>();
      weights(StageGraph.of(network.model()))
          .forEach((layer, weight) -> byLayer.put(layer, means.get(weight).floats()));
      return byLayer;
    }
  }

  private static Map<String, Tensor> outputs(ModelProto model, Map<String, Tensor> sample) {
    try (OnnxProgram program = OnnxProgram.load(model.toByteArray())) {
      return program.run(sample);
    }
  }

  private static double squares(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return squares;
  }

  /** {@code y = xW: ∂y_k/∂w_jk = x_j} */
  @Test
  void ofALinearLayerItIsTheMeanSquareOfTheInput() {
    List<Map<String, Tensor>> samples = samples(20, 1, 4);
    double[] expected = new double[12];
    for (Map<String, Tensor> sample : samples) {
      float[] x = sample.get("x").floats();
      double size = squares(outputs(LINEAR.proto(), sample).get("y").floats());
      for (int i = 0; i < 12; i++) {
        expected[i] += x[i / 3] * x[i / 3] / size / 20;
      }
    }

    float[] found = means(LINEAR, samples, 20).get("y");

    for (int i = 0; i < 12; i++) {
      assertThat((double) found[i]).isCloseTo(expected[i], Percentage.withPercentage(0.01));
    }
  }

  /** {@code y = a·W: ∂y_k/∂a_j = w_jk}; with one output, its sign does not matter */
  @Test
  void ofAnActivationItIsThatOfTheLayersBehindIt() {
    OnnxGraphs network =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .node("Tanh", "a", List.of("x"))
            .weight("w", 4, 1)
            .node("MatMul", "y", List.of("a", "w"))
            .output("y");
    checkActivation(network, samples(20, 1, 4), 1, 4);
  }

  /** {@code y = Σ_t a_t·W: ∂y/∂a_tj = w_j} at all positions t. */
  @Test
  void ofAnActivationOfDifferentShapesItIsTheMeanOverPositions() {
    OnnxGraphs network =
        OnnxGraphs.opset(17)
            .input("x", -1, -1, 4)
            .weight("w", 4, 1)
            .node("Tanh", "a", List.of("x"))
            .node("MatMul", "p", List.of("a", "w"))
            .node("ReduceSum", "y", List.of("p"))
            .output("y");
    List<Map<String, Tensor>> samples = new ArrayList<>(samples(2, 1, 3, 4));
    samples.addAll(samples(3, 1, 5, 4));
    checkActivation(network, samples, 1, 1, 4);
  }

  /** The curvature along a is {@code w_j²·E[1/‖y‖²]}, of this shape. */
  private static void checkActivation(
      OnnxGraphs network, List<Map<String, Tensor>> samples, long... shape) {
    StageGraph graph = StageGraph.of(network.model());
    float[] w = graph.layers().get(0).weight().floats();
    double mean = 0;
    for (Map<String, Tensor> sample : samples) {
      mean += 1 / squares(outputs(network.proto(), sample).get("y").floats()) / samples.size();
    }
    try (Curvature curvature = new Curvature(graph, List.of("a"), null, 1)) {
      curvature.add(samples);
      Tensor found = curvature.means().get("a");

      assertThat(found.shape()).containsExactly(shape);
      for (int j = 0; j < 4; j++) {
        double expected = (double) w[j] * w[j] * mean;
        assertThat((double) found.floats()[j]).isCloseTo(expected, Percentage.withPercentage(0.01));
      }
    }
  }

  /** {@code p = σ(wᵀx): ∂p/∂w = p(1−p)·x} */
  @Test
  void ofALogisticRegressionItHasAClosedForm() {
    OnnxGraphs logistic =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .weight("w", 4, 1)
            .node("MatMul", "z", List.of("x", "w"))
            .node("Sigmoid", "p", List.of("z"))
            .output("p");
    List<Map<String, Tensor>> samples = samples(20, 1, 4);
    double[] expected = new double[4];
    for (Map<String, Tensor> sample : samples) {
      float p = outputs(logistic.proto(), sample).get("p").floats()[0];
      for (int i = 0; i < 4; i++) {
        expected[i] += Math.pow((1 - p) * sample.get("x").floats()[i], 2) / 20;
      }
    }

    float[] found = means(logistic, samples, 20).get("z");

    for (int i = 0; i < 4; i++) {
      assertThat((double) found[i]).isCloseTo(expected[i], Percentage.withPercentage(0.01));
    }
  }

  /** The error of the outputs when all weights of a layer are moved. */
  private static double error(Map<String, Tensor> sample, String weight, float[] change) {
    ModelProto.Builder moved = TWO_LAYERS.proto().toBuilder();
    for (int i = 0; i < moved.getGraph().getInitializerCount(); i++) {
      Tensor w = TensorProtos.decode(moved.getGraph().getInitializer(i));
      if (moved.getGraph().getInitializer(i).getName().equals(weight)) {
        float[] values = w.floats().clone();
        for (int j = 0; j < values.length; j++) {
          values[j] += change[j];
        }
        moved
            .getGraphBuilder()
            .setInitializer(i, TensorProtos.encode(weight, Tensor.of(values, w.shape())));
      }
    }
    Map<String, Tensor> before = outputs(TWO_LAYERS.proto(), sample);
    Map<String, Tensor> after = outputs(moved.build(), sample);
    double error = 0;
    for (String output : before.keySet()) {
      float[] y = before.get(output).floats();
      float[] difference = after.get(output).floats().clone();
      for (int i = 0; i < y.length; i++) {
        difference[i] -= y[i];
      }
      error += squares(difference) / squares(y);
    }
    return error;
  }

  @Test
  void itIsTheSecondDifferenceOfTheErrorAndItsSumTheTraceOfSignsOnTheWeights() {
    Map<String, Tensor> sample = samples(1, 1, 2, 4, 4).get(0);
    Map<String, float[]> found = means(TWO_LAYERS, Collections.nCopies(4000, sample), 100);
    float step = 1e-3f;

    for (String layer : List.of("a", "b")) {
      float[] c = found.get(layer);
      double sum = 0;
      for (int i = 0; i < c.length; i++) {
        float[] change = new float[c.length];
        change[i] = step;
        double expected = error(sample, layer + "w", change) / step / step;
        sum += expected;
        assertThat((double) c[i]).isCloseTo(expected, Percentage.withPercentage(12));
      }

      Random random = new Random(3);
      double trace = 0;
      for (int draw = 0; draw < 400; draw++) {
        float[] signs = new float[c.length];
        for (int i = 0; i < signs.length; i++) {
          signs[i] = random.nextBoolean() ? step : -step;
        }
        trace += error(sample, layer + "w", signs) / step / step / 400;
      }
      assertThat(trace).isCloseTo(sum, Percentage.withPercentage(10));
    }
  }

  @Test
  void isTheSameHoweverSamplesAreAddedAndWithChangingShapes() {
    OnnxGraphs rows =
        OnnxGraphs.opset(17)
            .input("x", -1, -1, 4)
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y");
    List<Map<String, Tensor>> samples = new ArrayList<>(samples(3, 1, 2, 4));
    samples.addAll(samples(4, 1, 5, 4));
    int open = OnnxProgram.open();

    float[] found = means(rows, samples, 1).get("y");

    assertThat(means(rows, samples, 2).get("y")).isEqualTo(found);
    assertThat(means(rows, samples, 7).get("y")).isEqualTo(found);
    assertThat(OnnxProgram.open()).isEqualTo(open);
  }

  private static Tensor mask(long... positions) {
    return Tensor.of(ElementType.INT64, positions, 1, positions.length);
  }

  @Test
  void paddingCountsNothing() {
    OnnxGraphs masked =
        OnnxGraphs.opset(17)
            .input("x", -1, -1, 4)
            .input("mask", ElementType.INT64, -1, -1)
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y");
    Tensor x = samples(1, 1, 3, 4).get(0).get("x");
    Tensor first = Tensor.of(Arrays.copyOf(x.floats(), 8), 1, 2, 4);
    try (Curvature padded = curvature(masked, "mask");
        Curvature whole = curvature(masked, "mask")) {
      padded.add(List.of(Map.of("x", x, "mask", mask(1, 1, 0))));
      whole.add(List.of(Map.of("x", first, "mask", mask(1, 1))));

      assertThat(padded.means().get("w").floats())
          .containsExactly(whole.means().get("w").floats(), within(1e-6f));
    }
  }

  @Test
  void anActivationWhoseLastAxisDiffersHasNone() {
    OnnxGraphs network =
        OnnxGraphs.opset(17)
            .input("x", -1, -1, 4)
            .weight("w", 4, 3)
            .node("MatMul", "p", List.of("x", "w"))
            .node("Transpose", "a", List.of("p"), OnnxGraphs.ints("perm", 0, 2, 1))
            .node("Tanh", "y", List.of("a"))
            .output("y");
    StageGraph graph = StageGraph.of(network.model());
    try (Curvature curvature = new Curvature(graph, List.of("a", "w"), null, 1)) {
      curvature.add(samples(1, 1, 3, 4));
      curvature.add(samples(1, 1, 5, 4));

      assertThat(curvature.means()).containsOnlyKeys("w");
    }
  }

  /** However long samples are padded, activations have the means over their data. */
  @Test
  void paddingCountsNothingInAnActivation() {
    OnnxGraphs masked =
        OnnxGraphs.opset(17)
            .input("x", -1, -1, 4)
            .input("mask", ElementType.INT64, -1, -1)
            .node("Tanh", "a", List.of("x"))
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("a", "w"))
            .output("y");
    StageGraph graph = StageGraph.of(masked.model());
    Tensor x = samples(1, 1, 3, 4).get(0).get("x");
    Tensor first = Tensor.of(Arrays.copyOf(x.floats(), 8), 1, 2, 4);
    try (Curvature padded = new Curvature(graph, List.of("a"), "mask", 1);
        Curvature whole = new Curvature(graph, List.of("a"), "mask", 1)) {
      padded.add(List.of(Map.of("x", x, "mask", mask(1, 1, 0))));
      whole.add(List.of(Map.of("x", first, "mask", mask(1, 1))));

      assertThat(padded.means().get("a").shape()).containsExactly(1, 1, 4);
      assertThat(padded.means().get("a").floats())
          .containsExactly(whole.means().get("a").floats(), within(1e-6f));
    }
  }

  @Test
  void samplesWithoutAFiniteGradientAreLeftOut() {
    List<Map<String, Tensor>> samples = samples(2, 1, 4);
    Map<String, Tensor> odd = Map.of("x", Tensor.of(new float[] {Float.NaN, 0, 0, 0}, 1, 4));
    float[] alone = means(LINEAR, samples, 2).get("y");

    assertThat(means(LINEAR, List.of(samples.get(0), odd, samples.get(1)), 3).get("y"))
        .isEqualTo(alone);
    assertThatThrownBy(() -> means(LINEAR, List.of(odd), 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "hand-built.onnx: its outputs can't be differentiated: of 1 samples, none has a finite gradient; set sensitivity to output");
  }

  @Test
  void anOperatorWithoutAGradientIsNamed() {
    OnnxGraphs network =
        OnnxGraphs.opset(17)
            .input("x", -1, 4, 4)
            .weight("w", 4, 4)
            .node("MatMul", "m", List.of("x", "w"))
            .node("Det", "y", List.of("m"))
            .output("y");
    int open = OnnxProgram.open();

    assertThatThrownBy(() -> means(network, samples(1, 1, 4, 4), 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "hand-built.onnx: its outputs can't be differentiated: node 'y': Det has no gradient; set sensitivity to output");
    assertThat(OnnxProgram.open()).isEqualTo(open);
  }
}
