package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.model.Onnx;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One layer of every form, exported on every kind of grid, computes at every optimization level of
 * ONNX Runtime what float arithmetic on the rounded values gives.
 */
class QdqLayerTest {
  static final List<Grid> WEIGHTS =
      List.of(
          Grid.signed(2),
          Grid.signed(4),
          Grid.signed(5),
          Grid.signed(7),
          Grid.signed(8),
          Grid.unsigned(4),
          Grid.unsigned(8));

  private static final List<Grid> ACTIVATIONS =
      List.of(
          Grid.unsigned(4),
          Grid.unsigned(8),
          Grid.unsigned(16),
          Grid.signed(4),
          Grid.signed(8),
          Grid.signed(16));

  /** The output of the layer after the one that is tested. */
  static final String OUTPUT = "z";

  /** Those whose inputs lie along an axis of the weight. */
  private static final Set<String> BLOCKED =
      Set.of(
          "Conv 1x1",
          "Conv 1x1 in groups",
          "ConvTranspose 1x1",
          "Gemm",
          "Gemm transB",
          "MatMul",
          "MatMul of rank 4",
          "MatMul, weight of rank 3",
          "MatMul, weight of rank 4",
          "MatMul of a matrix, weight of rank 3");

  static Map<String, ModelProto> layers(int opset) {
    Map<String, ModelProto> layers = new LinkedHashMap<>();
    layers.put("Conv", layer("Conv", new long[] {2, 4, 7, 6}, 6, 4, 3, 2));
    layers.put("Conv without bias", withoutBias("Conv", new long[] {2, 4, 7, 6}, 6, 4, 3, 3));
    layers.put("Conv 1-D", layer("Conv", new long[] {2, 4, 9}, 5, 4, 3));
    layers.put("Conv 3-D", layer("Conv", new long[] {1, 2, 5, 4, 4}, 3, 2, 3, 2, 2));
    layers.put("depthwise", grouped("Conv", 4, new long[] {2, 4, 7, 6}, 4, 1, 3, 3));
    layers.put("Conv 1x1", layer("Conv", new long[] {2, 20, 3, 2}, 6, 20, 1, 1));
    layers.put("Conv 1x1 in groups", grouped("Conv", 2, new long[] {2, 40, 3, 2}, 6, 20, 1, 1));
    layers.put("ConvTranspose 1x1", layer("ConvTranspose", new long[] {2, 20, 3, 2}, 20, 6, 1, 1));
    layers.put("ConvTranspose", layer("ConvTranspose", new long[] {2, 4, 5, 6}, 4, 6, 3, 2));
    layers.put(
        "ConvTranspose in groups",
        grouped("ConvTranspose", 2, new long[] {2, 4, 5, 6}, 4, 3, 3, 2));
    layers.put("Gemm", layer("Gemm", new long[] {3, 40}, 40, 5));
    layers.put(
        "Gemm transB",
        layer("Gemm", new long[] {3, 40}, new long[] {5, 40}, true, Onnx.attribute("transB", 1)));
    layers.put("MatMul", withoutBias("MatMul", new long[] {3, 40}, 40, 5));
    layers.put("MatMul of rank 4", withoutBias("MatMul", new long[] {2, 3, 4, 32}, 32, 5));
    layers.put("MatMul, weight of rank 3", withoutBias("MatMul", new long[] {2, 3, 32}, 1, 32, 5));
    layers.put(
        "MatMul, weight of rank 4", withoutBias("MatMul", new long[] {2, 3, 4, 32}, 1, 1, 32, 5));
    layers.put(
        "MatMul of a matrix, weight of rank 3",
        withoutBias("MatMul", new long[] {3, 32}, 1, 32, 5));
    layers.put("MatMul with a stack", withoutBias("MatMul", new long[] {3, 4, 20}, 3, 20, 5));
    layers.put(
        "MatMul of rank 4 with a stack", withoutBias("MatMul", new long[] {2, 3, 4, 20}, 3, 20, 5));
    layers.put(
        "MatMul of a matrix with a stack", withoutBias("MatMul", new long[] {4, 20}, 2, 1, 20, 5));
    layers.replaceAll((name, model) -> withOpset(model, opset));
    return layers;
  }

  private static ModelProto withOpset(ModelProto model, int opset) {
    return Onnx.withOpset(model, "", opset);
  }

  static ModelProto layer(String op, long[] input, long... weight) {
    return layer(op, input, weight, true);
  }

  static ModelProto withoutBias(String op, long[] input, long... weight) {
    return layer(op, input, weight, false);
  }

  private static ModelProto grouped(String op, int groups, long[] input, long... weight) {
    return layer(op, input, weight, true, Onnx.attribute("group", groups));
  }

  private static ModelProto layer(
      String op, long[] input, long[] weight, boolean bias, AttributeProto... attributes) {
    long group =
        Stream.of(attributes)
            .filter(a -> a.getName().equals("group"))
            .mapToLong(AttributeProto::getI)
            .findFirst()
            .orElse(1);
    boolean transposed = Stream.of(attributes).anyMatch(a -> a.getName().equals("transB"));
    long out = op.equals("Conv") || transposed ? weight[0] : weight[1] * group;
    TinyModel model = TinyModel.opset(13).input("x", input).weights("w", weight);
    if (bias) {
      model.weights("b", out);
    }
    long last =
        switch (op) {
          case "Conv" -> input[input.length - 1] - weight[weight.length - 1] + 1;
          case "ConvTranspose" -> input[input.length - 1] + weight[weight.length - 1] - 1;
          default -> transposed ? weight[0] : weight[weight.length - 1];
        };
    return withReader(model.node(op, bias ? "x w b" : "x w", "y", attributes), last);
  }

  /** Lets another layer, the identity, read y: so kernels with a quantized output are chosen. */
  private static ModelProto withReader(TinyModel model, long last) {
    int n = (int) last;
    float[] identity = new float[n * n];
    for (int i = 0; i < n; i++) {
      identity[i * n + i] = 1;
    }
    return model
        .floats("identity", identity, n, n)
        .node("MatMul", "y identity", OUTPUT)
        .outputs(OUTPUT)
        .build();
  }

  record Case(
      String name,
      int opset,
      ModelProto model,
      Grid weights,
      Granularity granularity,
      @Nullable Grid activations) {
    @Override
    public String toString() {
      return "%s, opset %d, %s, %s, %s"
          .formatted(name, opset, weights, granularity.label(), activations);
    }
  }

  /** Blocks that don't divide a row, and what ONNX Runtime has kernels for. */
  static List<Granularity> granularities(String layer) {
    return BLOCKED.contains(layer)
        ? List.of(
            Granularity.CHANNEL, Granularity.TENSOR, Granularity.block(3), Granularity.block(16))
        : List.of(Granularity.CHANNEL, Granularity.TENSOR);
  }

  private static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    layers(13)
        .forEach(
            (name, model) -> {
              for (Grid weights : WEIGHTS) {
                for (Granularity granularity : granularities(name)) {
                  cases.add(new Case(name, 13, model, weights, granularity, null));
                  for (Grid activations : ACTIVATIONS) {
                    cases.add(new Case(name, 13, model, weights, granularity, activations));
                  }
                }
              }
            });
    for (int opset : new int[] {17, 19, 21}) {
      layers(opset)
          .forEach(
              (name, model) -> {
                for (Granularity granularity : granularities(name)) {
                  cases.add(
                      new Case(name, opset, model, Grid.signed(8), granularity, Grid.unsigned(8)));
                }
              });
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesWhatItsRoundedValuesGive(Case given) {
    QuantizedNetwork network = quantized(given);
    double[] expected = output(Execution.run(Simulation.of(network), OptLevel.NO_OPT));
    ModelProto exported = QdqModel.of(network);
    for (OptLevel level : Execution.LEVELS) {
      isClose(output(Execution.run(exported, level)), expected, network, level.toString());
    }
    SaturatingExecution saturating = SaturatingExecution.of(exported, OptLevel.ALL_OPT);
    if (!saturating.kernels().isEmpty()) {
      double[] actual = output(saturating.run(Execution.inputs(exported)));
      isClose(actual, expected, network, "without VNNI");
    }
  }

  static QuantizedNetwork quantized(Case given) {
    NearestNetwork nearest =
        NearestNetwork.of(given.model()).weights(given.weights(), given.granularity());
    if (given.activations() != null) {
      nearest.activations(given.activations());
    }
    return nearest.build();
  }

  private static void isClose(
      double[] actual, double[] expected, QuantizedNetwork network, String level) {
    Encoding encoding = network.activations().get("y");
    // A sum that another order or the rounded bias moves over a rounding boundary: one step.
    double tolerance = encoding == null ? 1e-4 : 1.001 * encoding.scale(0);
    int moved = 0;
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i])).as("%s [%d]", level, i).isLessThan(tolerance);
      moved += Math.abs(actual[i] - expected[i]) > 1e-4 ? 1 : 0;
    }
    assertThat(moved).as("%s: outputs moved by a step", level).isLessThan(expected.length / 10 + 2);
  }

  static double[] output(Map<String, double[]> outputs) {
    return Objects.requireNonNull(outputs.get(OUTPUT));
  }
}
