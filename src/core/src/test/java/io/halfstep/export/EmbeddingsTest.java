package io.halfstep.export;

import static io.halfstep.model.OnnxGraphs.integer;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.Quantization;
import io.halfstep.model.Constants;
import io.halfstep.model.Onnx;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.ReferenceBatch;
import io.halfstep.network.StoredWeight;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gathers read integers, and ONNX Runtime computes what the student computed. */
class EmbeddingsTest {
  private static final int WORDS = 60;
  private static final int WIDTH = 64;

  @TempDir Path folder;

  private static OnnxGraphs words(int opset) {
    return OnnxGraphs.opset(opset)
        .input("words", ElementType.INT64, -1, 10)
        .weight("table", WORDS, WIDTH);
  }

  private static OnnxGraphs layer(OnnxGraphs graph, String vectors) {
    return graph.weight("w", WIDTH, 8).node("MatMul", "y", List.of(vectors, "w")).output("y");
  }

  private static OnnxGraphs network(int opset) {
    return layer(words(opset).node("Gather", "vectors", List.of("table", "words")), "vectors");
  }

  @ParameterizedTest
  @CsvSource({"8, 4, WAVE", "8, 0, WAVE", "4, 4, WAVE", "4, 8, PARALLEL"})
  void rowsAreRounded(int bits, int activationBits, Schedule schedule) throws Exception {
    Plan plan = plan(bits).activationBits(activationBits).schedule(schedule).build();
    for (int opset : new int[] {9, 17, 21}) {
      QuantizedNetwork network = quantized(network(opset), plan);
      ModelProto exported = QdqModel.of(network);
      assertThat(bytes(exported, "table")).isEqualTo(WORDS * WIDTH * bits / 8);
      Student.computesTheSame(network, exported);
    }
  }

  /** The vectors themselves are the output: they are q·s exactly. */
  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void aRowIsTheDequantizedIntegers(int bits) throws Exception {
    QuantizedNetwork network = quantized(network(17).output("vectors"), plan(bits).build());
    StoredWeight table = network.stored().get(0);
    Encoding encoding = table.weight().encoding();
    assertThat(encoding.granularity())
        .isEqualTo(bits == 4 ? Granularity.block(16) : Granularity.CHANNEL);
    assertThat(Arrays.stream(encoding.zeroPoints()).distinct().count() > 1).isEqualTo(bits == 4);
    assertThat(table.sqnrDb()).isGreaterThan(bits == 4 ? 21 : 40);
    float[] rows = table.weight().dequantize();
    byte[] exported = QdqModel.of(network).toByteArray();
    for (Optimization level : Optimization.values()) {
      try (OnnxProgram program = OnnxProgram.load(exported, new Options(1, level))) {
        for (ReferenceBatch batch : network.reference()) {
          long[] words = (long[]) batch.inputs().get("words").data();
          float[] found = program.run(batch.inputs(), "vectors").floats();
          for (int i = 0; i < found.length; i++) {
            int word = (int) Math.floorMod(words[i / WIDTH], (long) WORDS);
            assertThat(found[i]).isEqualTo(rows[word * WIDTH + i % WIDTH]);
          }
        }
      }
    }
  }

  /** 16 numbers take 4 bits each, a scale of 16 and a zero point of 4. */
  @Test
  void aTableOfFourBitsTakesFiveAndAQuarter() throws Exception {
    ModelProto exported = QdqModel.of(quantized(network(17), plan(4).build()));
    int bytes =
        exported.getGraph().getInitializerList().stream()
            .filter(constant -> constant.getName().startsWith("table_"))
            .mapToInt(constant -> constant.getRawData().size())
            .sum();
    assertThat(bytes).isEqualTo(WORDS * WIDTH / 16 * (16 * 4 + 16 + 4) / 8);
  }

  /**
   * From 0 to the greatest of 16 numbers in [0.5, 1.5], on the average 1.44, there are 15 steps of
   * 0.096; the mean square is 1.083: 31.5 dB. Steps from -8 to 7 would be twice as large.
   */
  @Test
  void positiveNumbersUseTheWholeGrid() throws Exception {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("words", ElementType.INT64, -1, 10)
            .positive("table", WORDS, WIDTH)
            .node("Gather", "vectors", List.of("table", "words"));
    QuantizedNetwork network = quantized(layer(graph, "vectors"), plan(4).build());
    assertThat(network.stored().get(0).sqnrDb()).isBetween(31.0, 33.0);
    Student.computesTheSame(network, QdqModel.of(network));
  }

  @Test
  void tablesAreNotPackedWhereTheOpsetCannotBeRaised() throws Exception {
    OnnxGraphs graph =
        words(9)
            .node("Gather", "vectors", List.of("table", "words"))
            .weight("w", WIDTH, 8)
            .node("MatMul", "product", List.of("vectors", "w"))
            .node(
                "ParametricSoftplus",
                "y",
                List.of("product"),
                Onnx.attribute("alpha", 0.7f),
                Onnx.attribute("beta", 1.5f))
            .output("y");
    QuantizedNetwork network = quantized(graph, plan(4).build());
    ModelProto exported = QdqModel.of(network);
    assertThat(Onnx.opset(exported)).isEqualTo(9);
    assertThat(bytes(exported, "table")).isEqualTo(WORDS * WIDTH);
    Student.computesTheSame(network, exported);
  }

  @Test
  void severalNodesReadOneTable() throws Exception {
    for (int bits : new int[] {4, 8}) {
      OnnxGraphs graph =
          words(17)
              .node("Gather", "vectors", List.of("table", "words"))
              .node("Neg", "others", List.of("words"))
              .node("Gather", "more", List.of("table", "others"))
              .node("Add", "sum", List.of("vectors", "more"));
      QuantizedNetwork network = quantized(layer(graph, "sum"), plan(bits).build());
      ModelProto exported = QdqModel.of(network);
      assertThat(bytes(exported, "table")).isEqualTo(WORDS * WIDTH * bits / 8);
      Student.computesTheSame(network, exported);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT16", "BFLOAT16", "DOUBLE"})
  void tablesOfOtherPrecisionStayInIt(ElementType type) throws Exception {
    for (int bits : new int[] {4, 8}) {
      OnnxGraphs graph =
          words(17)
              .node("Cast", "half", List.of("table"), integer("to", type.onnx()))
              .node("Gather", "halves", List.of("half", "words"))
              .node("Cast", "vectors", List.of("halves"), integer("to", 1));
      QuantizedNetwork network = quantized(layer(graph, "vectors"), plan(bits).build());
      ModelProto exported = QdqModel.of(network);
      assertThat(bytes(exported, "half")).isEqualTo(WORDS * WIDTH * bits / 8);
      Student.computesTheSame(network, exported);
    }
  }

  @Test
  void rowsMayBeMatrices() throws Exception {
    for (int bits : new int[] {4, 8}) {
      OnnxGraphs graph =
          words(17)
              .weight("stack", WORDS, 3, WIDTH)
              .node("Gather", "vectors", List.of("stack", "words"));
      QuantizedNetwork network = quantized(layer(graph, "vectors"), plan(bits).build());
      ModelProto exported = QdqModel.of(network);
      assertThat(bytes(exported, "stack")).isEqualTo(WORDS * 3 * WIDTH * bits / 8);
      Student.computesTheSame(network, exported);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {WIDTH + 4, WIDTH + 16})
  void rowsThatAreNoMultipleOfTwoBlocksHaveEightBits(int width) throws Exception {
    OnnxGraphs graph =
        words(17)
            .weight("odd", WORDS, width)
            .node("Gather", "rows", List.of("odd", "words"))
            .weight("narrow", width, 8)
            .node("MatMul", "y", List.of("rows", "narrow"))
            .output("y");
    QuantizedNetwork network = quantized(graph, plan(4).build());
    assertThat(network.stored().get(0).weight().encoding().grid().bits()).isEqualTo(8);
    Student.computesTheSame(network, QdqModel.of(network));
  }

  @Test
  void otherTargetsReadSignedBytes() throws Exception {
    Plan plan = plan(8).target(Target.GENERIC_INT8).build();
    QuantizedNetwork network = quantized(network(17), plan);
    ModelProto exported = QdqModel.of(network);
    assertThat(exported.getGraph().getInitializerList())
        .filteredOn(constant -> constant.getName().equals("table_quantized"))
        .extracting(TensorProto::getDataType)
        .containsExactly(ElementType.INT8.onnx());
    Student.computesTheSame(network, exported);
  }

  private static PlanBuilder plan(int bits) {
    return Plan.DEFAULT.toBuilder().embeddingBits(bits);
  }

  private QuantizedNetwork quantized(OnnxGraphs graph, Plan plan) throws Exception {
    long[] words = new Random(3).longs(64 * 10, 1 - WORDS, WORDS).toArray();
    Path samples =
        NpyFiles.write(folder.resolve("words.npy"), Tensor.of(ElementType.INT64, words, 64, 10));
    return Quantization.of(graph.write(folder.resolve("model.onnx")))
        .data(samples.toString())
        .plan(plan)
        .run()
        .network();
  }

  private static long bytes(ModelProto exported, String table) {
    return exported.getGraph().getInitializerList().stream()
        .filter(constant -> constant.getName().equals(table + "_quantized"))
        .mapToLong(Constants::elements)
        .sum();
  }
}
