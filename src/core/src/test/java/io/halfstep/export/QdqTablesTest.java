package io.halfstep.export;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.Quantization;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.StoredWeight;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Granularity;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The embedding of words is also the last layer. If it has 8 bits per channel, the exported model
 * holds it once, and computes what the student computed.
 */
class QdqTablesTest {
  private static final int WORDS = 48;
  private static final int WIDTH = 40;
  private static final Plan BYTES = Plan.DEFAULT.toBuilder().weightBits(8).build();

  @TempDir Path folder;

  private static OnnxGraphs network(int opset) {
    return OnnxGraphs.opset(opset)
        .input("words", ElementType.INT64, -1, 10)
        .weight("table", WORDS, WIDTH)
        .node("Gather", "vectors", List.of("table", "words"))
        .weight("w", WIDTH, WIDTH)
        .node("MatMul", "hidden", List.of("vectors", "w"))
        .node("Tanh", "tanh", List.of("hidden"));
  }

  private static OnnxGraphs transposed(int opset) {
    return network(opset)
        .node("Transpose", "turned", List.of("table"), ints("perm", 1, 0))
        .node("MatMul", "y", List.of("tanh", "turned"))
        .output("y");
  }

  private static OnnxGraphs gemm() {
    return network(17)
        .integers("shape", -1, WIDTH)
        .node("Reshape", "rows", List.of("tanh", "shape"))
        .node("Gemm", "y", List.of("rows", "table"), integer("transB", 1))
        .output("y");
  }

  @ParameterizedTest
  @CsvSource({"8, WAVE", "8, PARALLEL", "0, WAVE"})
  void isStoredOnce(int activationBits, Schedule schedule) throws Exception {
    Plan plan = BYTES.toBuilder().activationBits(activationBits).schedule(schedule).build();
    for (OnnxGraphs graph : List.of(transposed(17), gemm(), transposed(9), transposed(21))) {
      QuantizedNetwork network = quantized(graph, plan);
      assertThat(shared(network)).containsExactly("table");
      assertThat(network.floatNodes()).isEmpty();
      ModelProto exported = QdqModel.of(network);
      assertThat(exported.getGraph().getInitializerList())
          .filteredOn(constant -> elements(constant) == WORDS * WIDTH)
          .extracting(TensorProto::getDataType)
          .containsExactly(ElementType.UINT8.onnx());
      Student.computesTheSame(network, exported);
    }
  }

  @Test
  void theLayerIsComputedWithIntegers() throws Exception {
    for (OnnxGraphs graph : List.of(transposed(17), gemm())) {
      ModelProto exported = QdqModel.of(quantized(graph, BYTES));
      assertThat(SaturatingExecution.of(exported, OptLevel.ALL_OPT).kernels()).hasSize(2);
    }
  }

  @Test
  void theResultSaysWhatItMeansForTheLayer() throws Exception {
    QuantizedNetwork network = quantized(transposed(17), BYTES);
    assertThat(network.layers()).extracting(QuantizedLayer::rounding).contains("nearest");
    assertThat(QdqModel.build(network).notes())
        .containsExactly(
            "y: rounded to nearest, since a Gather reads rows of the same integers: vectors");
  }

  /** Eight bits for this layer alone take less than four, and eight for its table. */
  @Test
  void moreBitsMakeTheFileSmaller() throws Exception {
    QuantizedNetwork twice = quantized(transposed(17), Plan.DEFAULT);
    Plan plan = Plan.DEFAULT.toBuilder().override(LayerOverride.of("y").weightBits(8)).build();
    QuantizedNetwork once = quantized(transposed(17), plan);
    assertThat(shared(once)).hasSize(1);
    ModelProto exported = QdqModel.of(once);
    assertThat(exported.getSerializedSize()).isLessThan(QdqModel.of(twice).getSerializedSize());
    Student.computesTheSame(once, exported);
  }

  /** Other weights lack the accuracy, or have no scale for a row. */
  @Test
  void isStoredTwiceOtherwise() throws Exception {
    for (Plan plan :
        List.of(
            Plan.DEFAULT,
            BYTES.toBuilder().weightGrid(WeightGrid.ASYMMETRIC).build(),
            BYTES.toBuilder().granularity(Granularity.block(8)).build())) {
      QuantizedNetwork network = quantized(transposed(17), plan);
      assertThat(shared(network)).isEmpty();
      assertThat(network.floatNodes()).isEmpty();
      ModelProto exported = QdqModel.of(network);
      assertThat(exported.getGraph().getInitializerList())
          .filteredOn(constant -> elements(constant) == WORDS * WIDTH)
          .extracting(TensorProto::getDataType)
          .contains(ElementType.UINT8.onnx())
          .doesNotContain(ElementType.FLOAT.onnx())
          .hasSize(2);
      Student.computesTheSame(network, exported);
    }
  }

  @Test
  void staysInFloatIfThePlanSaysSo() throws Exception {
    for (Plan plan :
        List.of(
            BYTES.toBuilder().embeddingBits(0).build(),
            BYTES.toBuilder().override(LayerOverride.of("vectors").skip(true)).build())) {
      QuantizedNetwork network = quantized(transposed(17), plan);
      assertThat(network.stored()).isEmpty();
      assertThat(network.floatNodes())
          .containsExactly(new FloatNode("vectors", "Gather", "the plan says so"));
      ModelProto exported = QdqModel.of(network);
      assertThat(exported.getGraph().getInitializerList())
          .filteredOn(constant -> elements(constant) == WORDS * WIDTH)
          .extracting(TensorProto::getDataType)
          .contains(ElementType.FLOAT.onnx());
      Student.computesTheSame(network, exported);
    }
  }

  private static List<String> shared(QuantizedNetwork network) {
    return network.stored().stream()
        .filter(StoredWeight::shared)
        .map(table -> table.constant().name())
        .toList();
  }

  private QuantizedNetwork quantized(OnnxGraphs graph, Plan plan) throws Exception {
    long[] words = new Random(3).longs(64 * 10, -WORDS, WORDS).toArray();
    Path samples =
        NpyFiles.write(folder.resolve("words.npy"), Tensor.of(ElementType.INT64, words, 64, 10));
    return Quantization.of(graph.write(folder.resolve("model.onnx")))
        .data(samples.toString())
        .plan(plan)
        .run()
        .network();
  }

  private static long elements(TensorProto constant) {
    return constant.getDimsList().stream().reduce(1L, (a, b) -> a * b);
  }
}
