package io.halfstep.export;

import static io.halfstep.model.OnnxGraphs.integer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.Quantization;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.Model;
import io.halfstep.model.Onnx;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.ReferenceBatch;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.plan.SettingValues;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers whose inputs are quantized over ranges that the runtime computes. */
class DynamicInputsTest {
  private static final int WIDTH = 12;
  private static final int SAMPLES = 64;

  @TempDir Path folder;

  private static OnnxGraphs start(long... shape) {
    return OnnxGraphs.opset(13).input("x", shape);
  }

  private static OnnxGraphs products(OnnxGraphs graph) {
    return graph
        .weight("w1", WIDTH, 16)
        .node("MatMul", "a", List.of("x", "w1"))
        .weight("b1", 16)
        .node("Add", "ab", List.of("a", "b1"))
        .node("Relu", "r", List.of("ab"))
        .weight("w2", 16, 5)
        .node("MatMul", "y", List.of("r", "w2"))
        .output("y");
  }

  /** Two layers that take just their bits in the file. */
  private static OnnxGraphs wide() {
    return start(-1, 3, 64)
        .weight("w1", 64, 128)
        .node("MatMul", "a", List.of("x", "w1"))
        .node("Relu", "r", List.of("a"))
        .weight("w2", 128, 64)
        .node("MatMul", "y", List.of("r", "w2"))
        .output("y");
  }

  private static OnnxGraphs gemms() {
    return start(-1, WIDTH)
        .weight("w1", 16, WIDTH)
        .weight("b1", 16)
        .node("Gemm", "a", List.of("x", "w1", "b1"), integer("transB", 1))
        .node("Relu", "r", List.of("a"))
        .weight("w2", 16, 5)
        .weight("b2", 5)
        .node("Gemm", "y", List.of("r", "w2", "b2"))
        .output("y");
  }

  /** Attention's queries and keys of one tensor, as far as they are layers. */
  private static OnnxGraphs shared() {
    return start(-1, 3, WIDTH)
        .weight("q", WIDTH, 8)
        .node("MatMul", "a", List.of("x", "q"))
        .weight("k", WIDTH, 8)
        .node("MatMul", "b", List.of("x", "k"))
        .node("Mul", "ab", List.of("a", "b"))
        .weight("w", 8, 5)
        .node("MatMul", "y", List.of("ab", "w"))
        .output("y");
  }

  private static OnnxGraphs convolution() {
    return start(-1, WIDTH)
        .integers("image", -1, 3, 2, 2)
        .node("Reshape", "xi", List.of("x", "image"))
        .weight("w1", 4, 3, 1, 1)
        .node("Conv", "a", List.of("xi", "w1"))
        .node("Flatten", "f", List.of("a"))
        .weight("w2", 16, 5)
        .node("MatMul", "y", List.of("f", "w2"))
        .output("y");
  }

  /** The vectors of words, and their scores by the same table. */
  private static OnnxGraphs tied() {
    return OnnxGraphs.opset(17)
        .input("x", ElementType.INT64, -1, WIDTH)
        .weight("table", 80, 64)
        .node("Gather", "vectors", List.of("table", "x"))
        .node("Relu", "r", List.of("vectors"))
        .node("Transpose", "turned", List.of("table"), OnnxGraphs.ints("perm", 1, 0))
        .node("MatMul", "y", List.of("r", "turned"))
        .output("y");
  }

  private static PlanBuilder dynamic(int bits) {
    return Plan.DEFAULT.toBuilder().weightBits(bits).activationBits(Target.DYNAMIC);
  }

  record Case(String name, OnnxGraphs graph, Plan plan) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("rank 2", products(start(-1, WIDTH)), dynamic(8).build()),
        new Case("rank 3", products(start(-1, 3, WIDTH)), dynamic(8).build()),
        new Case("rank 4", products(start(-1, 2, 3, WIDTH)), dynamic(5).build()),
        new Case("4 bits", products(start(-1, 3, WIDTH)), dynamic(4).build()),
        new Case("2 bits, zero points", products(start(-1, 3, WIDTH)), dynamic(2).build()),
        new Case("3 bits, packed", wide(), dynamic(3).build()),
        new Case("2 bits, packed, zero points", wide(), dynamic(2).build()),
        new Case("5 bits, packed", wide(), dynamic(5).build()),
        new Case(
            "zero points",
            products(start(-1, WIDTH)),
            dynamic(8).weightGrid(WeightGrid.ASYMMETRIC).build()),
        new Case("one scale", gemms(), dynamic(8).granularity(Granularity.TENSOR).build()),
        new Case("Gemm", gemms(), dynamic(8).build()),
        new Case("Gemm, 4 bits", gemms(), dynamic(4).build()),
        new Case("7 bits, signed", gemms(), dynamic(7).target(Target.ONNXRUNTIME_CPU_AVX2).build()),
        new Case("shared", shared(), dynamic(8).build()),
        new Case("parallel", shared(), dynamic(8).schedule(Schedule.PARALLEL).build()),
        new Case(
            "shared with a static reader",
            shared(),
            dynamic(8).override(LayerOverride.of("b").activationBits(8)).build()),
        new Case("convolution", convolution(), dynamic(8).build()),
        new Case(
            "between integers",
            shared(),
            Plan.DEFAULT.toBuilder()
                .weightBits(8)
                .quantize(Quantize.ALL)
                .override(LayerOverride.of("y").activationBits(Target.DYNAMIC))
                .build()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void onnxRuntimeComputesWhatTheStudentDid(Case of) throws Exception {
    QuantizedNetwork network = run(of.graph(), of.plan(), 32);
    assertThat(network.dynamic().layers()).isNotEmpty();
    assertThat(network.reference())
        .hasSizeGreaterThan(1)
        .allMatch(batch -> batch.inputs().get("x").dim(0) == 1);
    Student.computesTheSame(network, QdqModel.of(network));
  }

  @Test
  void aTableOfWordsIsMultipliedAsIntegers() throws Exception {
    QuantizedNetwork network = run(tied(), dynamic(8).build(), 32);
    ModelProto exported = QdqModel.of(network);
    assertThat(exported.getGraph().getInitializerList())
        .filteredOn(constant -> constant.getDimsCount() == 2 && constant.getDims(1) == 64)
        .hasSize(1);
    Student.computesTheSame(network, exported);
  }

  @Test
  void theRuntimeMultipliesIntegers() throws Exception {
    for (int bits : new int[] {2, 3, 5}) {
      assertThat(optimized(wide(), bits))
          .containsExactly("DynamicQuantizeMatMul", "Relu", "DynamicQuantizeMatMul");
    }
    for (int bits : new int[] {4, 8}) {
      assertThat(optimized(products(start(-1, 3, WIDTH)), bits))
          .containsExactly("DynamicQuantizeMatMul", "Relu", "DynamicQuantizeMatMul");
      assertThat(optimized(gemms(), bits))
          .containsExactly("DynamicQuantizeMatMul", "Relu", "DynamicQuantizeMatMul");
      assertThat(optimized(shared(), bits))
          .containsExactlyInAnyOrder(
              "DynamicQuantizeLinear",
              "MatMulIntegerToFloat",
              "MatMulIntegerToFloat",
              "DynamicQuantizeMatMul");
    }
  }

  /** Without Mul, which may divide channels by their factors. */
  private List<String> optimized(OnnxGraphs graph, int bits) throws Exception {
    Path file = folder.resolve("quantized.onnx");
    Files.write(file, QdqModel.of(run(graph, dynamic(bits).build(), 32)).toByteArray());
    return OptimizedModel.of(file, folder.resolve("optimized.onnx")).stream()
        .map(NodeProto::getOpType)
        .filter(op -> !op.equals("Mul"))
        .toList();
  }

  @Test
  void weightsOfFourBitsAreStoredInFour() throws Exception {
    ModelProto exported = QdqModel.of(run(products(start(-1, WIDTH)), dynamic(4).build(), 32));
    TensorProto weight =
        exported.getGraph().getInitializerList().stream()
            .filter(constant -> constant.getName().equals("w1_quantized"))
            .findFirst()
            .orElseThrow();
    assertThat(weight.getRawData().size()).isEqualTo(WIDTH * 16 / 2);
  }

  /** A sample's range is its own, however many samples are asked for at once. */
  @Test
  void batchesMakeNoDifference() throws Exception {
    byte[] one =
        QdqModel.of(run(products(start(-1, 3, WIDTH)), dynamic(4).build(), 1)).toByteArray();
    for (int batch : new int[] {2, 3, 32}) {
      QuantizedNetwork network = run(products(start(-1, 3, WIDTH)), dynamic(4).build(), batch);
      assertThat(QdqModel.of(network).toByteArray()).isEqualTo(one);
    }
  }

  /** Where the model fixes the batch, its samples have one range, as when the file runs. */
  @Test
  void aFixedBatchHasOneRange() throws Exception {
    QuantizedNetwork network = run(products(start(4, WIDTH)), dynamic(8).build(), 1);
    assertThat(network.reference()).allMatch(batch -> batch.inputs().get("x").dim(0) == 4);
    Student.computesTheSame(network, QdqModel.of(network));
  }

  /** Layers learn from what the runtime will multiply: the scales of samples differ a lot. */
  @Test
  void samplesOfAllSizesKeepTheirAccuracy() throws Exception {
    Plan eight = Plan.DEFAULT.toBuilder().weightBits(8).build();
    double fixed = worst(run(products(start(-1, WIDTH)), eight, 32));
    double dynamic = worst(run(products(start(-1, WIDTH)), dynamic(8).build(), 32));
    assertThat(dynamic).isGreaterThan(fixed + 10);
  }

  /** The lowest signal-to-noise ratio of a sample. */
  private static double worst(QuantizedNetwork network) {
    double worst = Double.POSITIVE_INFINITY;
    for (ReferenceBatch batch : network.reference()) {
      Tensor y = batch.teacher().get("y");
      Tensor student = batch.student().get("y");
      for (int i = 0; i < y.dim(0); i++) {
        double[] teacher = doubles(y.rows(i, i + 1).floats());
        worst = Math.min(worst, Sqnr.decibels(teacher, doubles(student.rows(i, i + 1).floats())));
      }
    }
    return worst;
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  @Test
  void otherLayersReadFloat() throws Exception {
    QuantizedNetwork network = run(convolution(), dynamic(8).build(), 32);
    assertThat(network.dynamic().layers()).containsExactly("y");
    assertThat(network.dynamic().inFloat()).containsExactly("a");
    assertThat(network.dynamic().note()).hasValueSatisfying(note -> assertThat(note).contains("a"));
    assertThat(network.activations()).isEmpty();

    Plan blocks = dynamic(4).granularity(Granularity.block(4)).build();
    assertThat(run(gemms(), blocks, 32).dynamic().layers()).isEmpty();
  }

  @Test
  void encodingsNameTheTensors() throws Exception {
    Path file = folder.resolve("encodings.json");
    EncodingsFile.write(run(shared(), dynamic(8).build(), 32), file);
    assertThat(new ObjectMapper().readTree(file.toFile()).get("dynamic_activations"))
        .extracting(name -> name.asText())
        .containsExactly("x", "ab");
  }

  @Test
  void integersEverywhereNeedKnownRanges() {
    assertThatThrownBy(() -> run(shared(), dynamic(8).quantize(Quantize.ALL).build(), 32))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("activations = dynamic");
  }

  @Test
  void needsNoSamples() throws Exception {
    Path model = folder.resolve("model.onnx");
    QuantizedNetwork network =
        Quantization.of(products(start(-1, WIDTH)).write(model))
            .plan(dynamic(8).build())
            .run()
            .network();
    assertThat(network.dynamic().layers()).hasSize(2);
    assertThat(QdqModel.of(network).getGraph().getNodeList())
        .extracting(NodeProto::getOpType)
        .contains("DynamicQuantizeLinear", "MatMulInteger");
  }

  /** An operator that left ONNX keeps the model at opset 9, which has no DynamicQuantizeLinear. */
  @Test
  void oldOpsetsAreRefused() throws Exception {
    OnnxGraphs old =
        OnnxGraphs.opset(9)
            .input("x", -1, WIDTH)
            .weight("w", WIDTH, 8)
            .node("MatMul", "a", List.of("x", "w"))
            .node(
                "ParametricSoftplus",
                "y",
                List.of("a"),
                Onnx.attribute("alpha", 0.7f),
                Onnx.attribute("beta", 1.5f))
            .output("y");
    QuantizedNetwork network = run(old, dynamic(8).build(), 32);
    assertThatThrownBy(() -> QdqModel.of(network))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("ParametricSoftplus");
  }

  /** Normal noise, each sample of another size; or words. */
  private QuantizedNetwork run(OnnxGraphs graph, Plan plan, int batch) throws Exception {
    Path file = graph.write(folder.resolve("model.onnx"));
    Model.Port input = Model.read(file).inputs().get(0);
    return Quantization.of(file)
        .data(samples(input).toString())
        .data(new DataSettings(SettingValues.NONE.with(DataSettings.BATCH, batch)))
        .plan(plan)
        .run()
        .network();
  }

  private Path samples(Model.Port input) {
    Random random = new Random(3);
    long[] shape = input.shape().stream().mapToLong(Long::longValue).toArray();
    shape[0] = SAMPLES;
    int size = Tensor.elements(shape);
    if (input.onnxElementType() == ElementType.INT64.onnx()) {
      long[] words = random.longs(size, 0, 60).toArray();
      return NpyFiles.write(folder.resolve("x.npy"), Tensor.of(ElementType.INT64, words, shape));
    }
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      int sample = i / (size / SAMPLES);
      values[i] = (float) (random.nextGaussian() * Math.pow(2, sample % 7));
    }
    return NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, shape));
  }
}
