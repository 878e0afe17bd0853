package io.halfstep.export;

import static io.halfstep.export.TinyModel.body;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.model.Onnx;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class QdqModelTest {
  private static final Map<String, float[]> IMAGES = Map.of("image", Samples.fashionMnist(16));
  private static final long FLOAT_BYTES_OF_RESNET14 = 716_740;

  private record Case(String model, Grid weights, boolean perChannel, @Nullable Grid activations) {}

  private static Stream<Case> bundledModels() {
    List<Case> cases = new ArrayList<>();
    for (String model : List.of("resnet14", "mobilenetv2")) {
      cases.add(new Case(model, Grid.signed(4), true, null));
      cases.add(new Case(model, Grid.signed(4), true, Grid.unsigned(8)));
      cases.add(new Case(model, Grid.unsigned(2), true, Grid.unsigned(8)));
      cases.add(new Case(model, Grid.signed(4), false, Grid.unsigned(6)));
      cases.add(new Case(model, Grid.signed(8), true, Grid.unsigned(8)));
      cases.add(new Case(model, Grid.unsigned(8), true, Grid.unsigned(8)));
      cases.add(new Case(model, Grid.signed(4), true, Grid.unsigned(16)));
    }
    return cases.stream();
  }

  /**
   * In float arithmetic every level gives the simulation's logits to the last bits. From EXTENDED
   * on activations of 8 bits are convolved by integer kernels, which round in another order: a few
   * activations move by one step. That is at 53 dB and better; the quantization itself is at 38 dB
   * with 8-bit weights.
   */
  @ParameterizedTest
  @MethodSource("bundledModels")
  void computesWhatItsRoundedValuesGiveAtEveryOptimizationLevel(Case given) {
    QuantizedNetwork network = quantized(given);
    double[] expected = logits(Simulation.of(network), OptLevel.NO_OPT);
    ModelProto exported = QdqModel.of(network);
    boolean bytes = Grid.unsigned(8).equals(given.activations());
    boolean fine = Grid.unsigned(16).equals(given.activations());

    for (OptLevel level : Execution.LEVELS) {
      double[] actual = logits(exported, level);
      boolean kernels = bytes && level.compareTo(OptLevel.BASIC_OPT) > 0;
      // Adding to a convolution in another order moves values over the many boundaries of 16 bits.
      int agreement = kernels ? 45 : fine ? 90 : 120;
      assertThat(Sqnr.decibels(expected, actual)).as("%s", level).isGreaterThan(agreement);
    }
  }

  private static QuantizedNetwork quantized(Case given) {
    NearestNetwork nearest =
        NearestNetwork.of(Samples.FOLDER.resolve(given.model() + ".onnx"))
            .weights(given.weights(), given.perChannel());
    return (given.activations() == null
            ? nearest
            : nearest.activations(given.activations(), IMAGES))
        .build();
  }

  private static double[] logits(ModelProto model, OptLevel level) {
    return requireNonNull(Execution.run(model, level, IMAGES).get("logits"));
  }

  @Test
  void isAFifthOfTheFloatModelAtFourBits() {
    for (Grid activations : new @Nullable Grid[] {null, Grid.unsigned(8), Grid.unsigned(4)}) {
      ModelProto exported =
          QdqModel.of(quantized(new Case("resnet14", Grid.signed(4), true, activations)));

      assertThat(exported.getSerializedSize())
          .isLessThanOrEqualTo((int) FLOAT_BYTES_OF_RESNET14 / 5);
    }
  }

  @Test
  void keepsNoFloatWeightAndNothingUnread() {
    QuantizedNetwork network =
        quantized(new Case("resnet14", Grid.signed(4), true, Grid.unsigned(8)));
    GraphProto graph = QdqModel.of(network).getGraph();
    List<String> read =
        graph.getNodeList().stream().flatMap(n -> n.getInputList().stream()).toList();

    assertThat(graph.getInitializerList())
        .allSatisfy(
            c -> {
              assertThat(read).contains(c.getName());
              if (c.getDataType() == TensorProto.DataType.FLOAT_VALUE) {
                assertThat(c.getDimsCount()).as(c.getName()).isLessThan(2);
              }
            });
    assertThat(network.layers())
        .allSatisfy(
            layer ->
                assertThat(graph.getInitializerList())
                    .anyMatch(
                        c ->
                            c.getDataType() == TensorProto.DataType.INT4_VALUE
                                && c.getRawData().size()
                                    == (layer.weight().integers().length + 1) / 2));
  }

  @Test
  void saysWhatItIs() {
    QuantizedNetwork network =
        quantized(new Case("resnet14", Grid.signed(4), true, Grid.unsigned(8)));
    ModelProto exported = QdqModel.of(network);

    assertThat(exported.getProducerName()).isEqualTo("halfstep");
    assertThat(exported.getMetadataPropsList())
        .extracting(StringStringEntryProto::getKey, StringStringEntryProto::getValue)
        .contains(tuple("weight_bits", "4"), tuple("activation_bits", "8"));
    assertThat(Onnx.opset(exported)).isEqualTo(21);
    assertThat(exported.getIrVersion()).isEqualTo(10);
    assertThat(QdqModel.of(network).toByteString()).isEqualTo(exported.toByteString());
  }

  /** A MatMul with a weight {@code [k, out]}, rounded to nearest by blocks. */
  private static QuantizedNetwork matMul(int k, int out, Grid grid, int blockSize) {
    return NearestNetwork.of(
            TinyModel.opset(13)
                .input("x", 2, k)
                .weights("w", k, out)
                .node("MatMul", "x w", "y")
                .outputs("y")
                .build())
        .weights(grid, Granularity.block(blockSize))
        .build();
  }

  @Test
  void blocksLieAlongTheInputs() {
    for (Grid grid : List.of(Grid.signed(4), Grid.signed(8))) {
      QuantizedNetwork network = matMul(70, 6, grid, 32);
      ModelProto exported = QdqModel.of(network);

      assertThat(Onnx.opset(exported)).isEqualTo(21);
      NodeProto dequantize = exported.getGraph().getNode(0);
      assertThat(Onnx.integer(dequantize, "axis", -1)).isZero();
      assertThat(Onnx.integer(dequantize, "block_size", 0)).isEqualTo(32);
      TensorProto scales =
          exported.getGraph().getInitializerList().stream()
              .filter(c -> c.getName().equals("w_scale"))
              .findFirst()
              .orElseThrow();
      assertThat(scales.getDimsList()).containsExactly(3L, 6L);
      float[] rows = network.layers().get(0).weight().encoding().scales();
      assertThat(Onnx.floats(scales)[6 + 4]).isEqualTo(rows[4 * 3 + 1]);
      boolean fast = grid.bits() == 4;
      assertThat(QdqModel.build(network).notes().toString().contains("MatMulNBits"))
          .isEqualTo(fast);
    }
  }

  /** ONNX Runtime has a kernel for 4-bit blocks; of greater ones than 256 it makes garbage. */
  @ParameterizedTest
  @ValueSource(ints = {16, 128, 256, 300, 512, 1024})
  void blocksOfAnySizeAreComputed(int blockSize) {
    for (Grid grid : List.of(Grid.signed(4), Grid.unsigned(4), Grid.signed(8))) {
      QuantizedNetwork network = matMul(2100, 5, grid, blockSize);
      double[] expected =
          requireNonNull(Execution.run(Simulation.of(network), OptLevel.NO_OPT).get("y"));
      for (OptLevel level : Execution.LEVELS) {
        assertThat(Execution.run(QdqModel.of(network), level).get("y"))
            .as("%s, %s", grid, level)
            .containsExactly(expected, within(1e-3));
      }
    }
  }

  /** ONNX Runtime would round a bias to 32 bits where a row has one scale. */
  @Test
  void aBiasBesideBlocksStaysFloat() {
    for (Grid grid : List.of(Grid.signed(4), Grid.unsigned(8))) {
      for (String op : List.of("Gemm", "Conv")) {
        boolean gemm = op.equals("Gemm");
        QuantizedNetwork network =
            NearestNetwork.of(
                    TinyModel.opset(13)
                        .input("x", gemm ? new long[] {2, 20} : new long[] {2, 20, 1, 1})
                        .weights("w", gemm ? new long[] {20, 4} : new long[] {4, 20, 1, 1})
                        .floats("b", new float[] {1e-9f, 1e9f, -3e9f, 5}, 4)
                        .node(op, "x w b", "y")
                        .outputs("y")
                        .build())
                .weights(grid, Granularity.block(8))
                .activations(Map.of("x", Encoding.perTensor(Grid.unsigned(8), 0.02f, 128)))
                .build();
        double[] expected =
            requireNonNull(Execution.run(Simulation.of(network), OptLevel.NO_OPT).get("y"));
        for (OptLevel level : Execution.LEVELS) {
          double[] actual = requireNonNull(Execution.run(QdqModel.of(network), level).get("y"));
          for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i])
                .as("%s %s, %s", op, grid, level)
                .isCloseTo(expected[i], within(1e-5 + 1e-6 * Math.abs(expected[i])));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 8, 32})
  void storesBlocksAsRowsWhereTheOpsetCannotBeRaised(int blockSize) {
    QuantizedNetwork network =
        NearestNetwork.of(
                TinyModel.opset(9)
                    .input("x", 2, 20)
                    .weights("w", 20, 6)
                    .weights("v", 5, 6)
                    .weights("b", 5)
                    .node("MatMul", "x w", "c")
                    .node("Gemm", "c v b", "d", Onnx.attribute("transB", 1))
                    .node(
                        "ParametricSoftplus",
                        "d",
                        "y",
                        Onnx.attribute("alpha", 0.7f),
                        Onnx.attribute("beta", 1.5f))
                    .outputs("y")
                    .build())
            .weights(Grid.unsigned(4), Granularity.block(blockSize))
            .build();
    QdqModel exported = QdqModel.build(network);
    assertThat(exported.microsoftOperators()).hasSize(1);
    assertThat(Onnx.opset(exported.proto())).isEqualTo(9);
    double[] expected =
        requireNonNull(Execution.run(Simulation.of(network), OptLevel.NO_OPT).get("y"));
    for (OptLevel level : Execution.LEVELS) {
      assertThat(Execution.run(exported.proto(), level).get("y"))
          .as("%s", level)
          .containsExactly(expected, within(1e-5));
    }
  }

  @Test
  void bytesNeedNoNewerOpsetThanTheModels() {
    QuantizedNetwork network =
        quantized(new Case("resnet14", Grid.signed(8), true, Grid.unsigned(8)));

    assertThat(Onnx.opset(QdqModel.of(network))).isEqualTo(13);
    assertThat(QdqModel.build(network).notes()).isEmpty();
  }

  /** The input and a Relu are read by a layer, by both branches of an If, and by outputs. */
  private static ModelProto readInManyPlaces(int opset) {
    GraphProto then = TinyModel.body().node("Add", "x r", "t").outputs("t").graph();
    GraphProto otherwise = TinyModel.body().node("Sub", "r x", "e").outputs("e").graph();
    return TinyModel.opset(opset)
        .input("x", 2, 3)
        .weights("w", 3, 3)
        .weights("b", 3)
        .node("Gemm", "x w b", "g")
        .node("Relu", "g", "r")
        .node("ReduceMax", "r", "most")
        .node("Equal", "most most", "yes")
        .node("If", "yes", "y", body("then_branch", then), body("else_branch", otherwise))
        .outputs("y r")
        .build();
  }

  @Test
  void onlyLayersReadTheDequantizedTensor() {
    Encoding coarse = Encoding.perTensor(Grid.unsigned(8), 0.5f, 128);
    QuantizedNetwork network =
        NearestNetwork.of(readInManyPlaces(13))
            .weights(Grid.signed(8), true)
            .activations(Map.of("x", coarse))
            .build();
    ModelProto exported = QdqModel.of(network);
    float[] x = TinyModel.gaussian(6, 7);
    double[] expected =
        requireNonNull(Execution.run(Simulation.of(network), OptLevel.NO_OPT).get("r"));

    for (OptLevel level : Execution.LEVELS) {
      Map<String, double[]> outputs = Execution.run(exported, level);
      double[] r = requireNonNull(outputs.get("r"));
      double[] y = requireNonNull(outputs.get("y"));
      assertThat(r).as("%s", level).containsExactly(expected, within(1e-5));
      for (int i = 0; i < x.length; i++) {
        assertThat(y[i]).as("%s", level).isEqualTo((float) (x[i] + r[i]));
      }
    }
  }

  @Test
  void leavesLayersThatAreNotQuantizedInFloat() {
    QuantizedNetwork network = NearestNetwork.of(readInManyPlaces(13)).build();
    ModelProto exported = QdqModel.of(network);

    assertThat(exported.getGraph().getNodeList())
        .extracting(NodeProto::getOpType)
        .doesNotContain("QuantizeLinear", "DequantizeLinear");
    assertThat(Execution.run(exported, OptLevel.NO_OPT).get("r"))
        .containsExactly(
            requireNonNull(Execution.run(readInManyPlaces(13), OptLevel.NO_OPT).get("r")),
            within(1e-6));
  }

  /** An operator that left ONNX; ONNX Runtime has it still. */
  private static ModelProto withObstacle(int opset) {
    return TinyModel.opset(opset)
        .input("x", 1, 4, 5, 5)
        .weights("w", 3, 4, 3, 3)
        .weights("b", 3)
        .node("Conv", "x w b", "c")
        .node(
            "ParametricSoftplus",
            "c",
            "y",
            Onnx.attribute("alpha", 0.7f),
            Onnx.attribute("beta", 1.5f))
        .outputs("y")
        .build();
  }

  @Test
  void takesOnnxRuntimesOperatorsWhereTheOpsetCannotBeRaised() {
    for (Grid activations : List.of(Grid.unsigned(8), Grid.unsigned(3), Grid.unsigned(16))) {
      QuantizedNetwork network =
          NearestNetwork.of(withObstacle(9))
              .weights(Grid.signed(4), true)
              .activations(activations)
              .build();
      QdqModel exported = QdqModel.build(network);

      assertThat(exported.microsoftOperators())
          .singleElement()
          .asString()
          .startsWith("ParametricSoftplus: ");
      assertThat(Onnx.opset(exported.proto())).isEqualTo(9);
      double step = requireNonNull(network.activations().get("y")).scale(0);
      double[] expected = simulatedAtNewerOpset(network);
      for (OptLevel level : Execution.LEVELS) {
        assertThat(Execution.run(exported.proto(), level).get("y"))
            .as("%s", level)
            .containsExactly(expected, within(1.001 * step));
      }
    }
  }

  /** The simulation's own operators need opset 11, so the obstacle is written out there. */
  private static double[] simulatedAtNewerOpset(QuantizedNetwork network) {
    QuantizedNetwork newer =
        NearestNetwork.of(
                TinyModel.opset(13)
                    .input("x", 1, 4, 5, 5)
                    .weights("w", 3, 4, 3, 3)
                    .weights("b", 3)
                    .floats("alpha", new float[] {0.7f})
                    .floats("beta", new float[] {1.5f})
                    .node("Conv", "x w b", "c")
                    .node("Mul", "c beta", "scaled")
                    .node("Softplus", "scaled", "soft")
                    .node("Mul", "soft alpha", "y")
                    .outputs("y")
                    .build())
            .weights(Grid.signed(4), true)
            .activations(network.activations())
            .build();
    return requireNonNull(Execution.run(Simulation.of(newer), OptLevel.NO_OPT).get("y"));
  }

  private static double[] output(QuantizedNetwork network) {
    return requireNonNull(Execution.run(network.graph().model().proto(), OptLevel.NO_OPT).get("y"));
  }

  @Test
  void raisesAnOldModelWithItsQuantizedLayers() {
    ModelProto old =
        TinyModel.opset(9)
            .input("x", 2, 4, 6, 6)
            .weights("w", 5, 4, 3, 3)
            .weights("b", 5)
            .node("Conv", "x w b", "c")
            .node("Clip", "c", "k", Onnx.attribute("min", 0f), Onnx.attribute("max", 6f))
            .node("Upsample", "k s", "u")
            .floats("s", new float[] {1, 1, 2, 2}, 4)
            .node("Softmax", "u", "y")
            .outputs("y")
            .build();
    QuantizedNetwork network =
        NearestNetwork.of(old).weights(Grid.signed(4), true).activations(Grid.unsigned(8)).build();
    QdqModel exported = QdqModel.build(network);

    assertThat(exported.microsoftOperators()).isEmpty();
    assertThat(Onnx.opset(exported.proto())).isEqualTo(21);
    double[] expected = output(network);
    for (OptLevel level : Execution.LEVELS) {
      assertThat(Execution.run(exported.proto(), level).get("y"))
          .containsExactly(expected, within(0.03));
    }
  }
}
