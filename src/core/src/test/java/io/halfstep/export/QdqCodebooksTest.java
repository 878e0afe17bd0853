package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.levels.WeightLevelChoice;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.WeightLevels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers whose levels are those of a codebook compute with exactly the rounded weights. */
class QdqCodebooksTest {
  private static final List<String> LEVELS =
      List.of(
          "codebook", "power-of-two", "ternary", "binary", "binary:2", "product:2", "product:4");

  @TempDir Path folder;

  record Case(String name, ModelProto model, String levels, Granularity granularity) {
    @Override
    public String toString() {
      return name + ", " + levels + ", " + granularity.label();
    }
  }

  private static Stream<Case> cases() {
    return QdqLayerTest.layers(13).entrySet().stream()
        .flatMap(
            layer ->
                LEVELS.stream()
                    .flatMap(
                        levels ->
                            Stream.of(Granularity.CHANNEL, Granularity.TENSOR)
                                .map(g -> new Case(layer.getKey(), layer.getValue(), levels, g))));
  }

  private static QuantizedNetwork network(
      ModelProto model, String levels, Granularity granularity, @Nullable Grid activations) {
    NearestNetwork network =
        NearestNetwork.of(model)
            .weights(
                (rows, out, k) ->
                    WeightLevelChoice.encode(
                        rows,
                        out,
                        k,
                        new double[1][k],
                        WeightLevels.parse(levels),
                        3,
                        granularity,
                        false,
                        1));
    return (activations == null ? network : network.activations(activations)).build();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computeWithTheRoundedWeights(Case given) {
    QuantizedNetwork network = network(given.model(), given.levels(), given.granularity(), null);
    double[] expected = run(Simulation.of(network), OptLevel.NO_OPT);
    ModelProto exported = QdqModel.of(network);
    for (OptLevel level : Execution.LEVELS) {
      assertThat(run(exported, level)).containsExactly(expected, within(1e-5));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void roundedInputsAreMultipliedInFloat(Case given) {
    QuantizedNetwork network =
        network(given.model(), given.levels(), given.granularity(), Grid.unsigned(8));
    double[] expected = run(Simulation.of(network), OptLevel.NO_OPT);
    double step = network.activations().get("y").scale(0);
    ModelProto exported = QdqModel.of(network);
    for (OptLevel level : Execution.LEVELS) {
      assertThat(run(exported, level)).containsExactly(expected, within(1.001 * step));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theRuntimeDoesNotRoundTheWeightsAgain(Case given) throws Exception {
    QuantizedNetwork network =
        network(given.model(), given.levels(), given.granularity(), Grid.unsigned(8));
    Path file = folder.resolve("model.onnx");
    Files.write(file, QdqModel.of(network).toByteArray());
    assertThat(OptimizedModel.of(file, folder.resolve("optimized.onnx")))
        .extracting(NodeProto::getOpType)
        .noneMatch(operator -> operator.matches("QLinear(Conv|MatMul)|QGemm|MatMulInteger.*"));
  }

  private static double[] run(ModelProto model, OptLevel level) {
    return QdqLayerTest.output(Execution.run(model, level));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theRuntimeLooksLevelsUpWhenItLoads(Case given) throws Exception {
    QuantizedNetwork network = network(given.model(), given.levels(), given.granularity(), null);
    Path file = folder.resolve("model.onnx");
    Files.write(file, QdqModel.of(network).toByteArray());
    assertThat(OptimizedModel.of(file, folder.resolve("optimized.onnx")))
        .extracting(NodeProto::getOpType)
        .doesNotContain("Gather", "Cast", "Slice", "Add");
  }

  @Test
  void theFileHoldsWhatIsCounted() {
    ModelProto model =
        TinyModel.opset(13)
            .input("x", 3, 400)
            .weights("w", 400, 50)
            .node("MatMul", "x w", "y")
            .outputs("y")
            .build();
    Map<String, Integer> tables =
        Map.of("binary", 256 * 8, "ternary", 243 * 5, "codebook", 64 * 2, "product:4", 64 * 2);
    tables.forEach(
        (levels, table) -> {
          QuantizedNetwork network = network(model, levels, Granularity.CHANNEL, null);
          QuantizedWeight weight = network.layers().get(0).weight();
          long bytes =
              QdqModel.of(network).getGraph().getInitializerList().stream()
                  .filter(constant -> !constant.getName().contains("_shape"))
                  .mapToLong(QdqCodebooksTest::bytes)
                  .sum();
          assertThat(bytes)
              .as(levels)
              .isEqualTo(StoredSize.in(network.graph(), network.target()).of(weight) + table);
        });
  }

  private static long bytes(TensorProto constant) {
    return constant.getRawData().size();
  }
}
