package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of just the bits, from which ONNX Runtime makes the same network. */
class QdqBitPlanesTest {
  private static final List<Grid> GRIDS =
      List.of(
          Grid.signed(2),
          Grid.unsigned(2),
          Grid.unsigned(3),
          Grid.restricted(3),
          Grid.signed(5),
          Grid.unsigned(6),
          Grid.signed(7));

  @TempDir Path folder;

  record Case(
      String name,
      ModelProto model,
      Grid weights,
      Granularity granularity,
      @Nullable Grid activations) {

    /** Packed, or the same for any runtime. */
    QuantizedNetwork network(boolean packed) {
      NearestNetwork network =
          NearestNetwork.of(model)
              .target(packed ? Target.ONNXRUNTIME_CPU : Target.WEIGHT_ONLY)
              .weights(weights, granularity);
      return (activations == null ? network : network.activations(activations)).build();
    }

    @Override
    public String toString() {
      return "%s, %s, %s%s"
          .formatted(name, weights, granularity.label(), activations == null ? "" : ", A8");
    }
  }

  private static Map<String, ModelProto> layers() {
    Map<String, ModelProto> layers = new LinkedHashMap<>();
    layers.put("Conv", QdqLayerTest.layer("Conv", new long[] {2, 16, 7, 6}, 64, 16, 3, 3));
    layers.put(
        "ConvTranspose",
        QdqLayerTest.layer("ConvTranspose", new long[] {1, 64, 5, 4}, 64, 32, 2, 2));
    layers.put("Conv 1x1", QdqLayerTest.layer("Conv", new long[] {2, 64, 3, 2}, 128, 64, 1, 1));
    layers.put("Gemm", QdqLayerTest.layer("Gemm", new long[] {3, 64}, 64, 128));
    layers.put("MatMul", QdqLayerTest.withoutBias("MatMul", new long[] {2, 3, 96}, 96, 128));
    layers.put(
        "MatMul with a stack",
        QdqLayerTest.withoutBias("MatMul", new long[] {3, 4, 64}, 3, 64, 64));
    return layers;
  }

  private static Stream<Case> cases() {
    return layers().entrySet().stream()
        .flatMap(
            layer ->
                QdqLayerTest.granularities(layer.getKey()).stream()
                    .flatMap(
                        granularity ->
                            GRIDS.stream()
                                .flatMap(
                                    grid ->
                                        Stream.of(null, Grid.unsigned(8))
                                            .map(
                                                activations ->
                                                    new Case(
                                                        layer.getKey(),
                                                        layer.getValue(),
                                                        grid,
                                                        granularity,
                                                        activations)))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theRuntimeMakesTheSameOfThem(Case given) throws Exception {
    ModelProto packed = QdqModel.of(given.network(true));
    ModelProto plain = QdqModel.of(given.network(false));
    assertThat(unpacking(packed)).isPositive();
    assertThat(unpacking(plain)).isZero();
    for (OptLevel level : Execution.LEVELS) {
      assertThat(QdqLayerTest.output(Execution.run(packed, level)))
          .containsExactly(QdqLayerTest.output(Execution.run(plain, level)));
    }
    assertThat(kernels(packed)).containsExactlyElementsOf(kernels(plain));
  }

  private static long unpacking(ModelProto model) {
    return model.getGraph().getNodeList().stream()
        .filter(node -> node.getDomain().equals(Nodes.HALFSTEP))
        .count();
  }

  /** The nodes that are left with all optimizations, and the element types of what they read. */
  private List<String> kernels(ModelProto model) throws Exception {
    Path file = folder.resolve("model.onnx");
    Files.write(file, model.toByteArray());
    Path optimized = folder.resolve("optimized.onnx");
    List<String> kernels =
        OptimizedModel.of(file, optimized).stream().map(NodeProto::getOpType).sorted().toList();
    Stream<String> constants =
        ModelProto.parseFrom(Files.readAllBytes(optimized)).getGraph().getInitializerList().stream()
            .map(constant -> constant.getDataType() + " " + constant.getDimsList())
            .sorted();
    return Stream.concat(kernels.stream(), constants).toList();
  }

  /** From the smallest number of weights on, in a file with nothing else, under a long name. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 6, 7})
  void packedFilesAreSmallerByWhatIsCounted(int bits) {
    Grid grid = Grid.signed(bits);
    int width =
        IntStream.iterate(8, n -> n + 8)
            .filter(n -> WeightStorage.of(graph(n), Target.ONNXRUNTIME_CPU).packs(grid, 64L * n))
            .findFirst()
            .orElseThrow();
    for (int columns : new int[] {width - 8, width, 4 * width}) {
      Case of = new Case("MatMul", model(columns), grid, Granularity.CHANNEL, null);
      long counted = counted(of.network(false)) - counted(of.network(true));
      long written = written(of.network(false)) - written(of.network(true));
      if (columns < width) {
        assertThat(counted).isZero();
        assertThat(written).isZero();
      } else {
        int plain = bits < 4 ? 4 : 8;
        assertThat(counted).isEqualTo(64L * columns * (plain - bits) / 8);
        assertThat(written).isPositive().isBetween(counted - 760, counted);
      }
    }
  }

  private static ModelProto model(int columns) {
    String name = "encoder.layer.11.attention.output.dense.weight".repeat(3);
    return TinyModel.opset(21)
        .input("x", 3, 64)
        .weights(name, 64, columns)
        .node("MatMul", "x " + name, "y")
        .outputs("y")
        .build();
  }

  private static StageGraph graph(int columns) {
    return StageGraph.of(Model.of(Path.of("model.onnx"), model(columns)));
  }

  private static long counted(QuantizedNetwork network) {
    return WeightTotals.of(network).storedBytes();
  }

  private static ModelProto twoProducts() {
    return TinyModel.opset(21)
        .input("x", 3, 64)
        .weights("v", 64, 128)
        .weights("w", 128, 64)
        .node("MatMul", "x v", "u")
        .node("MatMul", "u w", "y")
        .outputs("y")
        .build();
  }

  private static long written(QuantizedNetwork network) {
    return QdqModel.of(network).getSerializedSize();
  }

  @Test
  void layersShareTheFunction() {
    ModelProto model = twoProducts();
    ModelProto one =
        TinyModel.opset(21)
            .input("x", 3, 64)
            .weights("v", 64, 128)
            .node("MatMul", "x v", "u")
            .outputs("u")
            .build();
    Case both = new Case("", model, Grid.signed(3), Granularity.TENSOR, null);
    Case first = new Case("", one, Grid.signed(3), Granularity.TENSOR, null);
    assertThat(unpacking(QdqModel.of(both.network(true)))).isEqualTo(2);
    long saved = written(both.network(false)) - written(both.network(true));
    long savedByOne = written(first.network(false)) - written(first.network(true));
    assertThat(saved - savedByOne).isBetween(64 * 128 / 8 - 160L, 64 * 128 / 8L);
  }

  @Test
  void otherStorageStaysAsItIs() {
    ModelProto model = layers().get("Gemm");
    for (Grid grid : List.of(Grid.signed(4), Grid.unsigned(8))) {
      Case of = new Case("Gemm", model, grid, Granularity.CHANNEL, null);
      assertThat(QdqModel.of(of.network(true))).isEqualTo(QdqModel.of(of.network(false)));
    }
    for (Target target : Target.values()) {
      WeightStorage storage = WeightStorage.of(graph(1000), target);
      assertThat(storage.packs(Grid.signed(3), 64_000))
          .as(target.label())
          .isEqualTo(target.label().startsWith("onnxruntime"));
      assertThat(storage.packs(Grid.signed(3), 64_001)).isFalse();
    }
  }

  /** A model that can't be raised to opset 21 has no function; its sizes are those of its file. */
  @Test
  void anOldOpsetHasPlainIntegers() {
    AttributeProto[] alpha = {Onnx.attribute("alpha", 1f), Onnx.attribute("beta", 1f)};
    ModelProto model =
        TinyModel.opset(9)
            .input("x", 3, 64)
            .weights("w", 64, 96)
            .node("MatMul", "x w", "u")
            .node("ParametricSoftplus", "u", "y", alpha)
            .outputs("y")
            .build();
    Case of = new Case("", model, Grid.signed(3), Granularity.CHANNEL, null);
    ModelProto written = QdqModel.of(of.network(true));
    assertThat(unpacking(written)).isZero();
    long bytes =
        written.getGraph().getInitializerList().stream()
            .mapToLong(constant -> constant.getRawData().size())
            .sum();
    assertThat(counted(of.network(true))).isEqualTo(bytes);
  }

  /** Such a model is read as quantized: nothing of it is quantized again. */
  @ParameterizedTest
  @ValueSource(ints = {3, 5})
  void packedLayersAreKnownAsQuantized(int bits) {
    ModelProto two = twoProducts();
    NearestNetwork both = NearestNetwork.of(two).weights(Grid.signed(bits), true);
    ModelProto whole = QdqModel.of(both.build());
    ModelProto first = QdqModel.of(both.only("u").build());
    assertThat(unpacking(first)).isOne();
    StageGraph graph = StageGraph.of(Model.of(Path.of("model.onnx"), first));
    assertThat(graph.alreadyQuantized())
        .hasValueSatisfying(n -> assertThat(n).contains("u, MatMul"));
    assertThat(graph.floatNodes()).isEmpty();

    ModelProto again =
        QdqModel.of(NearestNetwork.of(first).weights(Grid.signed(bits), true).build());
    assertThat(again.getFunctionsCount()).isOne();
    assertThat(Execution.run(again, OptLevel.ALL_OPT).get("y"))
        .containsExactly(Execution.run(whole, OptLevel.ALL_OPT).get("y"));
  }
}
