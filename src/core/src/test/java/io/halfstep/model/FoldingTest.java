package io.halfstep.model;

import static io.halfstep.model.OnnxGraphs.body;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.real;
import static io.halfstep.model.OnnxGraphs.tensor;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Half;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FoldingTest {
  @ParameterizedTest
  @ValueSource(strings = {"resnet14", "mobilenetv2"})
  void aBundledModelKeepsItsFunction(String name) {
    Model model = Model.read(Path.of("src/examples/fashion-mnist/" + name + ".onnx"));
    Model folded = model.folded();

    checkSame(model, folded, Map.of("image", noise(4, 1, 28, 28)), 1e-4);
    assertThat(operators(folded)).doesNotContain("BatchNormalization", "Identity", "Constant");
    assertThat(folded.proto().getSerializedSize()).isLessThan(model.proto().getSerializedSize());
  }

  @Test
  void foldingTwiceChangesNothing() {
    Model once = Model.read(Path.of("src/examples/fashion-mnist/resnet14.onnx")).folded();
    assertThat(once.folded().proto()).isEqualTo(once.proto());
  }

  @ParameterizedTest
  @CsvSource({"Conv,1", "Conv,2", "ConvTranspose,1", "ConvTranspose,2"})
  void aBatchNormIsFoldedIntoAConvolution(String op, int groups) {
    for (boolean bias : new boolean[] {false, true}) {
      for (int opset : new int[] {7, 9, 14, 17}) {
        boolean transposed = op.equals("ConvTranspose");
        OnnxGraphs graph =
            OnnxGraphs.opset(opset)
                .input("x", 2, 4, 5, 5)
                .weight("w", transposed ? 4 : 6, (transposed ? 6 : 4) / groups, 3, 3)
                .weight("b", 6);
        Model model =
            graph
                .node(
                    op,
                    "c",
                    bias ? List.of("x", "w", "b") : List.of("x", "w"),
                    integer("group", groups))
                .batchNorm("y", "c", 6, real("epsilon", 0.3f))
                .output("y")
                .model();

        Model folded = model.folded();

        assertThat(operators(folded)).containsExactly(op);
        assertThat(folded.proto().getGraph().getNode(0).getName()).isEqualTo("c");
        checkSame(model, folded, Map.of("x", noise(2, 4, 5, 5)), 1e-5);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aBatchNormIsFoldedIntoAGemm(int transB) {
    for (long[] c : new long[][] {{3}, {1, 3}, {}, {1}, null}) {
      OnnxGraphs graph =
          OnnxGraphs.opset(13)
              .input("x", 2, 4)
              .weight("w", transB == 1 ? 3 : 4, transB == 1 ? 4 : 3);
      if (c != null) {
        graph.weight("c", c);
      }
      Model model =
          graph
              .node(
                  "Gemm",
                  "g",
                  c == null ? List.of("x", "w") : List.of("x", "w", "c"),
                  integer("transB", transB),
                  real("alpha", 0.5f),
                  real("beta", 2))
              .batchNorm("y", "g", 3)
              .output("y")
              .model();

      Model folded = model.folded();

      NodeProto gemm = folded.proto().getGraph().getNode(0);
      assertThat(operators(folded)).containsExactly("Gemm");
      assertThat(initializer(folded, gemm.getInput(2)).getDimsList()).containsExactly(3L);
      checkSame(model, folded, Map.of("x", noise(2, 4)), 1e-5);
    }
  }

  @Test
  void theFactorsOfAGemmGoIntoItsConstants() {
    Model model =
        OnnxGraphs.opset(13)
            .input("x", 2, 4)
            .weight("w", 4, 3)
            .initializer("c", Tensor.of(new float[] {2}))
            .node("Gemm", "y", List.of("x", "w", "c"), real("alpha", 0.5f), real("beta", 3))
            .output("y")
            .model();
    Model folded = model.folded();

    NodeProto gemm = folded.proto().getGraph().getNode(0);
    assertThat(gemm.getAttributeList()).isEmpty();
    assertThat(TensorProtos.decode(initializer(folded, gemm.getInput(2))).floats())
        .containsExactly(6, 6, 6);
    checkSame(model, folded, Map.of("x", noise(2, 4)), 1e-5);
  }

  /** A batch norm that has seen a batch: what it tells is the mean and deviation of its output. */
  @Test
  void theStatisticsOfAFoldedBatchNormAreKept() {
    int samples = 4000;
    Tensor x = noise(samples, 3);
    OnnxGraphs layer = OnnxGraphs.opset(17).input("x", -1, 3).weight("w", 3, 2).weight("b", 2);
    double[][] seen =
        moments(run(layer.node("Gemm", "g", List.of("x", "w", "b")).output("g").model(), x));
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 3)
            .weight("w", 3, 2)
            .weight("b", 2)
            .node("Gemm", "g", List.of("x", "w", "b"))
            .initializer("scale", Tensor.of(new float[] {-3, 0.5f}, 2))
            .initializer("shift", Tensor.of(new float[] {1, -2}, 2))
            .initializer("mean", floats(seen[0]))
            .initializer("variance", floats(seen[1]))
            .node("BatchNormalization", "n", List.of("g", "scale", "shift", "mean", "variance"))
            .node("Relu", "y", List.of("n"))
            .output("y")
            .model();

    Model folded = model.folded();

    assertThat(folded.batchNorms()).containsOnlyKeys("n");
    BatchNormStatistics told = requireNonNull(folded.batchNorms().get("n"));
    double[][] made = moments(run(folded.computing(List.of("n")), x));
    for (int channel = 0; channel < 2; channel++) {
      assertThat(told.mean()[channel]).isCloseTo(made[0][channel], within(1e-5));
      assertThat(told.std()[channel]).isCloseTo(Math.sqrt(made[1][channel]), within(1e-5));
    }
    assertThat(folded.folded().batchNorms()).containsOnlyKeys("n");
    assertThat(model.batchNorms()).isEmpty();
  }

  /** Returns the means and the variances of the channels of {@code [samples, 2]}. */
  private static double[][] moments(Tensor values) {
    double[][] moments = new double[2][2];
    float[] all = values.floats();
    for (int i = 0; i < all.length; i++) {
      moments[0][i % 2] += all[i] * 2.0 / all.length;
    }
    for (int i = 0; i < all.length; i++) {
      moments[1][i % 2] += Math.pow(all[i] - moments[0][i % 2], 2) * 2.0 / all.length;
    }
    return moments;
  }

  private static Tensor floats(double[] values) {
    return Tensor.of(new float[] {(float) values[0], (float) values[1]}, 2);
  }

  private static Tensor run(Model model, Tensor x) {
    try (OnnxProgram program = OnnxProgram.load(model.proto().toByteArray())) {
      return program.run(Map.of("x", x)).values().iterator().next();
    }
  }

  @Test
  void aChannelThatNeverVariedHasNoDeviation() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 3)
            .weight("w", 3, 1)
            .node("Gemm", "g", List.of("x", "w"))
            .initializer("scale", Tensor.of(new float[] {2}))
            .initializer("shift", Tensor.of(new float[] {0.5f}))
            .initializer("mean", Tensor.of(new float[] {1}))
            .initializer("variance", Tensor.of(new float[] {0}))
            .node("BatchNormalization", "y", List.of("g", "scale", "shift", "mean", "variance"))
            .output("y")
            .model();
    BatchNormStatistics told = requireNonNull(model.folded().batchNorms().get("y"));
    assertThat(told.mean()).containsExactly(0.5);
    assertThat(told.std()).containsExactly(0);
  }

  @Test
  void aBatchNormStaysWhereSomethingElseReadsTheLayer() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 2, 4, 4)
            .weight("w", 2, 2, 1, 1)
            .node("Conv", "read", List.of("x", "w"))
            .batchNorm("n1", "read", 2)
            .node("Add", "sum", List.of("n1", "read"))
            .node("Conv", "shown", List.of("sum", "w"))
            .batchNorm("n2", "shown", 2)
            .node("Conv", "training", List.of("n2", "w"))
            .batchNorm("n3", "x", 2)
            .node("Conv", "last", List.of("training", "w"))
            .output("last")
            .output("shown")
            .output("n3")
            .model();

    Model folded = model.folded();

    assertThat(operators(folded)).filteredOn("BatchNormalization"::equals).hasSize(3);
    assertThat(folded.batchNorms()).isEmpty();
    checkSame(model, folded, Map.of("x", noise(1, 2, 4, 4)), 1e-5);
  }

  @Test
  void aBatchNormThatTrainsStays() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 2, 4, 4)
            .weight("w", 2, 2, 1, 1)
            .node("Conv", "c", List.of("x", "w"))
            .batchNorm("y", "c", 2, integer("training_mode", 1))
            .output("y")
            .model();

    assertThat(operators(model.folded())).containsExactly("Conv", "BatchNormalization");
  }

  @Test
  void sharedWeightsAreFoldedApart() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 2, 4, 4)
            .weight("w", 2, 2, 1, 1)
            .weight("b", 2)
            .node("Conv", "c1", List.of("x", "w", "b"))
            .batchNorm("n1", "c1", 2)
            .node("Conv", "c2", List.of("n1", "w", "b"))
            .node("Conv", "c3", List.of("c2", "w", "b"))
            .batchNorm("n3", "c3", 2)
            .node("Mul", "y", List.of("n3", "b2"))
            .node("Unsqueeze", "b2", List.of("b", "axes"))
            .integers("axes", 1, 2)
            .output("y")
            .model();

    Model folded = model.folded();

    assertThat(folded.proto().getGraph().getNodeList())
        .filteredOn(node -> node.getOpType().equals("Conv"))
        .flatExtracting(node -> node.getInputList().subList(1, 3))
        .hasSize(6)
        .doesNotHaveDuplicates();
    checkSame(model, folded, Map.of("x", noise(1, 2, 4, 4)), 1e-5);
  }

  @Test
  void aWeightThatABodyAlsoReadsIsCopied() {
    OnnxGraphs then = OnnxGraphs.opset(17).node("MatMul", "t", List.of("y", "w")).output("t");
    OnnxGraphs otherwise = OnnxGraphs.opset(17).node("Neg", "e", List.of("y")).output("e");
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 2, 3)
            .input("flag", ElementType.BOOL)
            .weight("w", 3, 3)
            .node("MatMul", "y", List.of("x", "w"))
            .node(
                "If",
                "z",
                List.of("flag"),
                body("then_branch", then),
                body("else_branch", otherwise))
            .output("z")
            .model();

    Model folded = model.folded();

    assertThat(folded.proto().getGraph().getNode(0).getInput(1)).isNotEqualTo("w");
    assertThat(folded.proto().getGraph().getInitializerCount()).isEqualTo(2);
    Tensor yes = Tensor.of(ElementType.BOOL, new byte[] {1});
    checkSame(model, folded, Map.of("x", noise(2, 3), "flag", yes), 1e-6);
  }

  /** Branches that use the same names, also as the graph, and a branch within a branch. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anIfWithAConstantConditionBecomesItsBranch(boolean condition) {
    OnnxGraphs inner = OnnxGraphs.opset(17).node("Neg", "m", List.of("t")).output("m");
    OnnxGraphs other = OnnxGraphs.opset(17).node("Abs", "m", List.of("t")).output("m");
    OnnxGraphs then =
        OnnxGraphs.opset(17)
            .weight("v", 3, 3)
            .node("MatMul", "t", List.of("y", "v"))
            .node("Not", "never", List.of("yes"))
            .node(
                "If", "n", List.of("never"), body("then_branch", other), body("else_branch", inner))
            .node("Identity", "same", List.of("y"))
            .output("n")
            .output("same");
    OnnxGraphs otherwise =
        OnnxGraphs.opset(17)
            .node("Relu", "t", List.of("y"))
            .node("Tanh", "n", List.of("t"))
            .node("Identity", "same", List.of("x"))
            .output("n")
            .output("same");
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 2, 3)
            .weight("w", 3, 3)
            .weight("v", 1, 3)
            .integers("a", 2)
            .integers("b", condition ? 2 : 3)
            .node("Equal", "yes", List.of("a", "b"))
            .node("MatMul", "y0", List.of("x", "w"))
            .node("Add", "y", List.of("y0", "v"))
            .node(
                "If",
                "z",
                List.of("yes"),
                List.of("z1", "z2"),
                body("then_branch", then),
                body("else_branch", otherwise))
            .output("z1")
            .output("z2")
            .model();

    Model folded = model.folded();

    assertThat(operators(folded)).doesNotContain("If").contains(condition ? "Neg" : "Tanh");
    checkSame(model, folded, Map.of("x", noise(2, 3)), 1e-6);
  }

  @Test
  void chainsOfConstantsAreComputed() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 3)
            .node("Constant", "k", List.of(), tensor("value", noise(2, 3)))
            .node("Identity", "same", List.of("k"))
            .node("Transpose", "t", List.of("same"), ints("perm", 1, 0))
            .node("Cast", "wide", List.of("t"), integer("to", ElementType.DOUBLE.onnx()))
            .node("Cast", "narrow", List.of("wide"), integer("to", ElementType.FLOAT.onnx()))
            .initializer("two", Tensor.of(new float[] {2}))
            .node("Mul", "w", List.of("narrow", "two"))
            .node("Split", "split", List.of("unused"), List.of("u1", "u2"))
            .weight("unused", 2)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .model();

    Model folded = model.folded();

    assertThat(operators(folded)).containsExactly("MatMul");
    assertThat(folded.proto().getGraph().getInitializerList())
        .extracting(TensorProto::getName)
        .containsExactly("w");
    checkSame(model, folded, Map.of("x", noise(1, 3)), 1e-6);
  }

  @Test
  void integerWeightsThatAreDequantizedStay() {
    Model model =
        OnnxGraphs.opset(13)
            .input("x", 1, 2)
            .initializer("q", Tensor.of(ElementType.INT8, new byte[] {1, -2, 3, 4}, 2, 2))
            .initializer("s", Tensor.of(new float[] {0.5f, 2}, 2))
            .initializer("z", Tensor.of(ElementType.INT8, new byte[2], 2))
            .node("DequantizeLinear", "w", List.of("q", "s", "z"), integer("axis", 1))
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .model();

    assertThat(operators(model.folded())).containsExactly("DequantizeLinear", "MatMul");
  }

  @Test
  void sparseInitializersBecomeDense() {
    OnnxGraphs graph =
        OnnxGraphs.opset(13).input("x", 1, 2).node("MatMul", "y", List.of("x", "w")).output("y");
    TensorProto values = TensorProtos.encode("w", Tensor.of(new float[] {7}, 1));
    TensorProto indices = TensorProtos.encode("", Tensor.of(ElementType.INT64, new long[] {2}, 1));
    Model model =
        Model.of(
            Path.of("sparse"),
            graph.proto().toBuilder()
                .setGraph(
                    graph.graph().toBuilder()
                        .addSparseInitializer(
                            SparseTensorProto.newBuilder()
                                .setValues(values)
                                .setIndices(indices)
                                .addDims(2)
                                .addDims(2)))
                .build());

    assertThat(TensorProtos.decode(initializer(model.folded(), "w")).floats())
        .containsExactly(0, 0, 7, 0);
  }

  @Test
  void nodesComeIntoOrder() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 3)
            .node("Abs", "c", List.of("b"))
            .node("Neg", "b", List.of("a"))
            .node("Relu", "a", List.of("x"))
            .output("c")
            .model();

    assertThat(operators(model.folded())).containsExactly("Relu", "Neg", "Abs");
  }

  @Test
  void anOutputThatIsAConstantIsMadeByANode() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 3)
            .weight("k", 3)
            .node("Add", "y", List.of("x", "k"))
            .output("y")
            .output("k")
            .model();

    checkSame(model, model.folded(), Map.of("x", noise(1, 3)), 0);
    assertThat(operators(model.folded())).containsExactlyInAnyOrder("Identity", "Add");
  }

  @Test
  void aBiasThatIsNoVectorIsAddedBehindTheGemm() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 2, 4)
            .input("c", 2, 3)
            .weight("w", 4, 3)
            .weight("rows", 2, 3)
            .weight("column", 2, 1)
            .node("Gemm", "a", List.of("x", "w", "rows"), real("beta", 0.5f))
            .node("Gemm", "b", List.of("x", "w", "column"))
            .node("Gemm", "d", List.of("x", "w", "c"), real("beta", 2), real("alpha", 3))
            .output("a")
            .output("b")
            .output("d")
            .model();
    Model folded = model.folded();

    checkSame(model, folded, Map.of("x", noise(2, 4), "c", noise(2, 3)), 1e-6);
    assertThat(operators(folded))
        .containsExactlyInAnyOrder("Gemm", "Add", "Gemm", "Add", "Gemm", "Mul", "Add");
    assertThat(folded.proto().getGraph().getNodeList())
        .filteredOn(node -> node.getOpType().equals("Gemm"))
        .allSatisfy(node -> assertThat(node.getInputCount()).isEqualTo(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Conv", "ConvTranspose"})
  void aBiasThatIsComputedIsAddedBehindTheConvolution(String op) {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 3, 5, 5)
            .input("b", 3)
            .weight("w", 3, 3, 2, 2)
            .node(op, "y", List.of("x", "w", "b"))
            .output("y")
            .model();
    Model folded = model.folded();

    checkSame(model, folded, Map.of("x", noise(1, 3, 5, 5), "b", noise(3)), 1e-6);
    assertThat(operators(folded)).containsExactlyInAnyOrder(op, "Reshape", "Add");
  }

  @Test
  void aWeightThatIsAlsoAnOutputStaysConstant() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 2, 4)
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .output("w")
            .model();
    Model folded = model.folded();

    checkSame(model, folded, Map.of("x", noise(2, 4)), 0);
    assertThat(initializer(folded, only(folded, "MatMul").getInput(1))).isNotNull();
  }

  @Test
  void aLayerInHalfPrecisionIsComputedInSinglePrecision() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 2, 4, 4)
            .node("Cast", "half", List.of("x"), integer("to", ElementType.FLOAT16.onnx()))
            .initializer("w", halves(0.5, 3, 2, 2, 2))
            .initializer("b", halves(0.25, 3))
            .initializer("gamma", halves(2, 3))
            .initializer("beta", halves(1, 3))
            .initializer("mean", halves(0.5, 3))
            .initializer("variance", halves(4, 3))
            .node("Conv", "c", List.of("half", "w", "b"))
            .node("BatchNormalization", "n", List.of("c", "gamma", "beta", "mean", "variance"))
            .node("Relu", "r", List.of("n"))
            .node("Cast", "y", List.of("r"), integer("to", ElementType.FLOAT.onnx()))
            .output("y")
            .model();
    Model folded = model.folded();

    checkSame(model, folded, Map.of("x", noise(1, 2, 4, 4)), 5e-3);
    assertThat(operators(folded)).containsExactly("Cast", "Cast", "Conv", "Cast", "Relu", "Cast");
    assertThat(initializer(folded, only(folded, "Conv").getInput(1)).getDataType())
        .isEqualTo(ElementType.FLOAT.onnx());
  }

  @Test
  void aProductInDoublePrecisionIsComputedInSinglePrecision() {
    double[] weight = {1, 0.5, -2, 0.25, 3, 1};
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 2, 3)
            .node("Cast", "wide", List.of("x"), integer("to", ElementType.DOUBLE.onnx()))
            .initializer("w", Tensor.of(ElementType.DOUBLE, weight, 3, 2))
            .node("MatMul", "m", List.of("wide", "w"))
            .node("Cast", "y", List.of("m"), integer("to", ElementType.FLOAT.onnx()))
            .output("y")
            .model();
    Model folded = model.folded();

    checkSame(model, folded, Map.of("x", noise(2, 3)), 1e-5);
    assertThat(initializer(folded, only(folded, "MatMul").getInput(1)).getDataType())
        .isEqualTo(ElementType.FLOAT.onnx());
  }

  private static NodeProto only(Model model, String op) {
    List<NodeProto> nodes =
        model.proto().getGraph().getNodeList().stream()
            .filter(node -> node.getOpType().equals(op))
            .toList();
    assertThat(nodes).hasSize(1);
    return nodes.get(0);
  }

  private static Tensor halves(double value, long... shape) {
    Tensor tensor = Tensor.zeros(ElementType.FLOAT16, shape);
    Arrays.fill((short[]) tensor.data(), Half.fromFloat((float) value));
    return tensor;
  }

  private static List<String> operators(Model model) {
    return model.proto().getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
  }

  private static TensorProto initializer(Model model, String name) {
    return model.proto().getGraph().getInitializerList().stream()
        .filter(tensor -> tensor.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void checkSame(
      Model model, Model folded, Map<String, Tensor> inputs, double tolerance) {
    try (OnnxProgram before = OnnxProgram.load(model.proto().toByteArray());
        OnnxProgram after = OnnxProgram.load(folded.proto().toByteArray())) {
      before
          .run(inputs)
          .forEach(
              (name, expected) -> {
                float[] actual = after.run(inputs, name).floats();
                assertThat(actual).hasSameSizeAs(expected.floats());
                for (int i = 0; i < actual.length; i++) {
                  assertThat(Math.abs(actual[i] - expected.floats()[i]))
                      .isLessThanOrEqualTo((float) tolerance);
                }
              });
    }
  }

  private static Tensor noise(long... shape) {
    Random random = new Random(5);
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape);
  }
}
