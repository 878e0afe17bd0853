package io.halfstep.graph;

import static io.halfstep.graph.StageGraphRunner.get;
import static io.halfstep.graph.StageGraphRunner.maxDifference;
import static io.halfstep.graph.StageGraphRunner.noise;
import static io.halfstep.graph.StageGraphRunner.runStages;
import static io.halfstep.graph.StageGraphRunner.runWhole;
import static io.halfstep.model.OnnxGraphs.body;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionTest {
  @ParameterizedTest
  @ValueSource(strings = {"resnet14", "mobilenetv2"})
  void theStagesOfABundledModelComputeWhatTheModelDoes(String name) {
    Model model = Model.read(Path.of("src/examples/fashion-mnist/" + name + ".onnx"));
    StageGraph graph = StageGraph.of(model);
    assertThat(graph.floatNodes()).isEmpty();
    checkSame(model, graph, Map.of("image", noise(3, 1, 28, 28)), 1e-4);
  }

  @Test
  void resnetHasSixteenLayersAndNoBatchNorm() {
    StageGraph graph =
        StageGraph.of(Model.read(Path.of("src/examples/fashion-mnist/resnet14.onnx")));

    assertThat(graph.layers()).extracting(Layer::op).hasSize(16).containsOnly("Conv", "Gemm");
    assertThat(graph.layers()).allMatch(layer -> layer.bias() != null);
    assertThat(graph.layers())
        .extracting(Layer::name)
        .startsWith("/stem/Conv", "/blocks/blocks.0/conv1/Conv")
        .endsWith("/fc/Gemm");
    assertThat(operators(graph)).doesNotContain("BatchNormalization", "Identity");
    // The first convolution of each block and the stem are followed by a Relu alone.
    assertThat(graph.layers())
        .filteredOn(layer -> layer.activation().equals(ClipFunction.RELU))
        .hasSize(7);
  }

  @Test
  void aResidualBlock() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 4, 6, 6)
            .weight("w1", 4, 4, 3, 3)
            .weight("w2", 4, 4, 3, 3)
            .weight("ws", 4, 4, 1, 1)
            .weight("fc", 4, 5)
            .node("Abs", "a", List.of("x"))
            .node("Conv", "c1", List.of("a", "w1"), ints("pads", 1, 1, 1, 1))
            .node("Relu", "r1", List.of("c1"))
            .node("Conv", "c2", List.of("r1", "w2"), ints("pads", 1, 1, 1, 1))
            .node("Conv", "s", List.of("a", "ws"))
            .node("Add", "sum", List.of("c2", "s"))
            .node("Relu", "r2", List.of("sum"))
            .node("GlobalAveragePool", "pool", List.of("r2"))
            .node("Flatten", "flat", List.of("pool"))
            .node("MatMul", "logits", List.of("flat", "fc"))
            .output("logits")
            .model();

    StageGraph graph = StageGraph.of(model);

    assertThat(graph.stages())
        .extracting(Stage::name)
        .containsExactly("operators-1", "c1", "s", "operators-2", "c2", "operators-3", "logits");
    assertThat(graph.stages()).extracting(Stage::level).containsExactly(0, 1, 1, 1, 2, 2, 3);
    Stage join = graph.stages().get(5);
    assertThat(join.inputs()).containsExactly("c2", "s");
    assertThat(join.outputs()).containsExactly("flat");
    assertThat(((OperatorStage) join).operators())
        .containsExactly("Add", "Relu", "GlobalAveragePool", "Flatten");
    assertThat(graph.layers())
        .extracting(Layer::activation)
        .containsExactly(
            ClipFunction.RELU, ClipFunction.IDENTITY, ClipFunction.IDENTITY, ClipFunction.IDENTITY);
    checkSame(model, graph, Map.of("x", noise(2, 4, 6, 6)), 1e-5);
  }

  @Test
  void quantizedNodesStayAsTheyAre() {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", -1, 3)
            .initializer("q", Tensor.of(ElementType.INT8, new byte[9], 3, 3))
            .initializer("s", Tensor.of(new float[] {0.1f}))
            .node("DequantizeLinear", "d", List.of("q", "s"))
            .node("Transpose", "w", List.of("d"))
            .node("MatMul", "a", List.of("x", "w"))
            .node("DynamicQuantizeLinear", "i", List.of("a"), List.of("i", "is", "iz"))
            .node("MatMulInteger", "b", List.of("i", "q"))
            .node("Cast", "f", List.of("b"), integer("to", ElementType.FLOAT.onnx()));
    String nodes = "2 nodes (a, MatMul; b, MatMulInteger)";

    assertThatThrownBy(() -> StageGraph.of(graph.output("f").model()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("is already quantized, nothing is left to quantize: " + nodes);

    Model partly =
        graph.weight("v", 3, 3).node("MatMul", "y", List.of("f", "v")).output("y").model();
    StageGraph stages = StageGraph.of(partly);
    assertThat(stages.layers()).extracting(Layer::name).containsExactly("y");
    assertThat(stages.floatNodes()).isEmpty();
    assertThat(stages.alreadyQuantized().orElseThrow()).contains(nodes);
    checkSame(partly, stages, Map.of("x", noise(2, 3)), 1e-6);
  }

  @Test
  void recurrentLayersInBodiesStayInFloat() {
    OnnxGraphs then =
        OnnxGraphs.opset(17)
            .weight("iw", 1, 16, 4)
            .weight("rw", 1, 16, 4)
            .node(
                "LSTM", "l", List.of("y", "iw", "rw"), List.of("", "h"), integer("hidden_size", 4))
            .node("MatMul", "own", List.of("y", "y"))
            .output("h");
    OnnxGraphs otherwise = OnnxGraphs.opset(17).node("Identity", "e", List.of("y")).output("e");
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, -1, 4)
            .input("flag", ElementType.BOOL)
            .weight("w", 4, 4)
            .node("MatMul", "y", List.of("x", "w"))
            .node(
                "If",
                "z",
                List.of("flag"),
                body("then_branch", then),
                body("else_branch", otherwise))
            .output("z")
            .model();

    assertThat(StageGraph.of(model).floatNodes())
        .containsExactly(
            new FloatNode("l", "LSTM", "LSTM is not one of the operators that are quantized"));
  }

  @Test
  void bodiesStayWholeAndGetWhatTheyCapture() {
    OnnxGraphs then =
        OnnxGraphs.opset(17)
            .weight("inner", 3, 3)
            .node("MatMul", "t", List.of("y", "inner"))
            .node("Add", "then_out", List.of("t", "outerConstant"))
            .output("then_out");
    OnnxGraphs otherwise =
        OnnxGraphs.opset(17).node("Identity", "else_out", List.of("y")).output("else_out");
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 3)
            .input("flag", ElementType.BOOL)
            .weight("w", 3, 3)
            .weight("outer", 3)
            .node("Identity", "outerConstant", List.of("outer"))
            .node("MatMul", "y", List.of("x", "w"))
            .node(
                "If",
                "z",
                List.of("flag"),
                body("then_branch", then),
                body("else_branch", otherwise))
            .output("z")
            .model();

    StageGraph graph = StageGraph.of(model);

    assertThat(graph.stages()).extracting(Stage::name).containsExactly("y", "operators-1");
    assertThat(graph.stages().get(1).inputs()).containsExactly("flag", "y");
    assertThat(graph.floatNodes())
        .containsExactly(
            new FloatNode(
                "t",
                "MatMul",
                "it is in a branch of If 'z', quantized only if all samples take it"));
    for (byte flag : new byte[] {0, 1}) {
      checkSame(
          model,
          graph,
          Map.of("x", noise(2, 3), "flag", Tensor.of(ElementType.BOOL, new byte[] {flag})),
          1e-6);
    }
  }

  @Test
  void aLoopThatCarriesWhatItReadsFromOutside() {
    OnnxGraphs body =
        OnnxGraphs.opset(17)
            .input("i", ElementType.INT64)
            .input("go", ElementType.BOOL)
            .input("state", -1, 3)
            .node("Identity", "go_on", List.of("go"))
            .node("Add", "next", List.of("state", "y"))
            .output("go_on", ElementType.BOOL)
            .output("next");
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 3)
            .weight("w", 3, 3)
            .integers("three", 3)
            .initializer("true", Tensor.of(ElementType.BOOL, new byte[] {1}))
            .node("MatMul", "y", List.of("x", "w"))
            .node("Loop", "z", List.of("three", "true", "x"), body("body", body))
            .output("z")
            .model();

    StageGraph graph = StageGraph.of(model);

    assertThat(graph.stages().get(1).inputs()).containsExactly("x", "y");
    checkSame(model, graph, Map.of("x", noise(2, 3)), 1e-5);
  }

  @Test
  void integersTravelBetweenStages() {
    Model model =
        OnnxGraphs.opset(17)
            .input("ids", ElementType.INT64, -1, -1)
            .weight("table", 10, 4)
            .weight("w", 4, 4)
            .node("Gather", "embedded", List.of("table", "ids"))
            .node("Shape", "shape", List.of("ids"))
            .integers("tail", -1)
            .node("Concat", "wanted", List.of("shape", "tail"), integer("axis", 0))
            .node("MatMul", "y", List.of("embedded", "w"))
            .node("Reshape", "z", List.of("y", "wanted"))
            .output("z")
            .model();

    StageGraph graph = StageGraph.of(model);

    Tensor ids = Tensor.of(ElementType.INT64, new long[] {1, 2, 3, 4, 5, 9}, 2, 3);
    checkSame(model, graph, Map.of("ids", ids), 1e-6);
  }

  @Test
  void saysWhyANodeStaysInFloat() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .weight("w", 4, 4)
            .weight("vector", 4)
            .weight("left", 5, 4)
            .node("MatMul", "layer", List.of("x", "w"))
            .node("Transpose", "t", List.of("layer"))
            .node("MatMul", "dynamic", List.of("layer", "t"))
            .node("MatMul", "dot", List.of("layer", "vector"))
            .node("MatMul", "fromLeft", List.of("left", "t"))
            .output("dynamic")
            .output("dot")
            .output("fromLeft")
            .model();

    StageGraph graph = StageGraph.of(model);

    assertThat(graph.layers()).extracting(Layer::name).containsExactly("layer");
    Map<String, String> reasons = new HashMap<>();
    graph.floatNodes().forEach(node -> reasons.put(node.name(), node.reason()));
    assertThat(reasons)
        .hasSize(3)
        .containsEntry("dynamic", "its weight is computed at run time")
        .containsEntry("dot", "its weight is a vector")
        .containsEntry(
            "fromLeft", "its constant is the left operand; only one on the right is quantized");
    checkSameFloats(model, graph, Map.of("x", noise(2, 4)), "dynamic", "dot", "fromLeft");
  }

  @Test
  void whatIsConstantOrRandomIsNoStageWithoutInputs() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .weight("w", 4, 4)
            .weight("k", 4)
            .node("Neg", "constantOutput", List.of("k"))
            .node("RandomNormal", "noise", List.of(), ints("shape", 1, 4))
            .node("SequenceEmpty", "empty", List.of())
            .node("SequenceInsert", "sequence", List.of("empty", "y"))
            .node("ConcatFromSequence", "joined", List.of("sequence"), integer("axis", 0))
            .node("MatMul", "y", List.of("x", "w"))
            .node("Mul", "zero", List.of("noise", "nothing"))
            .initializer("nothing", Tensor.of(new float[] {0}, 1))
            .node("Add", "z", List.of("joined", "zero"))
            .output("z")
            .output("constantOutput")
            .output("k")
            .model();

    StageGraph graph = StageGraph.of(model);

    assertThat(graph.stages()).allMatch(stage -> !stage.inputs().isEmpty());
    checkSame(model, graph, Map.of("x", noise(2, 4)), 1e-6);
  }

  @Test
  void namesAreUnique() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .weight("w", 4, 4)
            .node("MatMul", "b", List.of("x", "w"), List.of("a"))
            .node("MatMul", "", List.of("a", "w"), List.of("b"))
            .node("Relu", "c", List.of("b"))
            .node("MatMul", "operators-1", List.of("c", "w"), List.of("d"))
            .output("d")
            .model();

    StageGraph graph = StageGraph.of(model);

    assertThat(graph.stages())
        .extracting(Stage::name)
        .containsExactly("b", "b-2", "operators-1", "operators-1-2");
    assertThat(graph.layers())
        .extracting(layer -> layer.node().getInput(1))
        .doesNotHaveDuplicates();
    checkSame(model, graph, Map.of("x", noise(2, 4)), 1e-5);
  }

  @Test
  void aReluIsTheActivationOnlyWhereItAloneReadsTheLayer() {
    StageGraph graph =
        StageGraph.of(
            OnnxGraphs.opset(17)
                .input("x", -1, 4)
                .weight("w", 4, 4)
                .node("MatMul", "shared", List.of("x", "w"))
                .node("Relu", "r1", List.of("shared"))
                .node("Add", "s1", List.of("r1", "shared"))
                .node("MatMul", "shown", List.of("s1", "w"))
                .node("Relu", "r2", List.of("shown"))
                .node("MatMul", "alone", List.of("r2", "w"))
                .node("Relu", "r3", List.of("alone"))
                .output("r3")
                .output("shown")
                .model());

    assertThat(graph.layers())
        .extracting(Layer::activation)
        .containsExactly(ClipFunction.IDENTITY, ClipFunction.IDENTITY, ClipFunction.RELU);
  }

  @ParameterizedTest
  @CsvSource({"7,,", "7,,6", "10,0,6", "11,0,6", "17,-1,", "17,,3", "17,,"})
  void aClipIsTheActivationWhereverItsBoundsStand(int opset, Float lowest, Float highest) {
    OnnxGraphs graph = OnnxGraphs.opset(opset).input("x", -1, 4).weight("w", 4, 4);
    graph.node("MatMul", "y", List.of("x", "w"));
    if (opset < 11) {
      graph.node(
          "Clip",
          "z",
          List.of("y"),
          Stream.of(real("min", lowest), real("max", highest))
              .filter(Objects::nonNull)
              .toArray(AttributeProto[]::new));
    } else {
      graph.node(
          "Clip", "z", List.of("y", scalar(graph, "lo", lowest), scalar(graph, "hi", highest)));
    }

    assertThat(StageGraph.of(graph.output("z").model()).layers())
        .extracting(Layer::activation)
        .containsExactly(
            new ClipFunction(
                lowest == null ? Float.NEGATIVE_INFINITY : lowest,
                highest == null ? Float.POSITIVE_INFINITY : highest));
  }

  private static @Nullable AttributeProto real(String name, @Nullable Float value) {
    return value == null
        ? null
        : AttributeProto.newBuilder()
            .setName(name)
            .setType(AttributeProto.AttributeType.FLOAT)
            .setF(value)
            .build();
  }

  private static String scalar(OnnxGraphs graph, String name, @Nullable Float value) {
    if (value == null) {
      return "";
    }
    graph.initializer(name, Tensor.of(new float[] {value}));
    return name;
  }

  @Test
  void aClipToBoundsThatAreComputedIsNotKnown() {
    StageGraph graph =
        StageGraph.of(
            OnnxGraphs.opset(17)
                .input("x", -1, 4)
                .input("highest")
                .weight("w", 4, 4)
                .node("MatMul", "y", List.of("x", "w"))
                .node("Clip", "z", List.of("y", "", "highest"))
                .output("z")
                .model());

    assertThat(graph.layers()).extracting(Layer::activation).containsExactly(ClipFunction.IDENTITY);
  }

  @Test
  void aGraphWithoutLayersIsRefused() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 4)
            .node("MatMul", "y", List.of("x", "v"))
            .weight("v", 4)
            .output("y")
            .model();

    assertThatThrownBy(() -> StageGraph.of(model))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nothing to quantize")
        .hasMessageContaining("'y' stays in float: its weight is a vector");
  }

  @Test
  void aModelThatOnnxRuntimeRefusesIsRefused() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 1, 4)
            .weight("w", 4, 4)
            .node("MatMul", "y", List.of("x", "w"))
            .node("NoSuchOperator", "z", List.of("y"))
            .output("z")
            .model();

    assertThatThrownBy(() -> StageGraph.of(model))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("NoSuchOperator")
        .hasMessageNotContaining("\n");
  }

  @Test
  void constantsInAttributesAreWeights() {
    Tensor w = noise(4, 2);
    StageGraph graph =
        StageGraph.of(
            OnnxGraphs.opset(17)
                .input("x", 1, 2)
                .node("Constant", "k", List.of(), tensor("value", w))
                .node("Transpose", "w", List.of("k"))
                .node("MatMul", "y", List.of("x", "w"))
                .output("y")
                .model());

    assertThat(graph.layers()).hasSize(1);
    assertThat(graph.layers().get(0).layout().toRows(graph.layers().get(0).weight().floats()))
        .containsExactly(w.floats());
  }

  private static void checkSame(
      Model model, StageGraph graph, Map<String, Tensor> inputs, double tolerance) {
    checkOrder(graph, inputs.keySet());
    Map<String, Tensor> whole = runWhole(model, inputs);
    Map<String, Tensor> stages = runStages(graph, inputs);
    whole.forEach(
        (name, expected) -> {
          Tensor actual = get(stages, name);
          assertThat(actual.shape()).as(name).containsExactly(expected.shape());
          assertThat(maxDifference(actual, expected)).as(name).isLessThanOrEqualTo(tolerance);
        });
  }

  private static void checkSameFloats(
      Model model, StageGraph graph, Map<String, Tensor> inputs, String... names) {
    checkOrder(graph, inputs.keySet());
    Map<String, Tensor> whole = runWhole(model, inputs);
    Map<String, Tensor> stages = runStages(graph, inputs);
    for (String name : names) {
      assertThat(maxDifference(get(stages, name), get(whole, name))).as(name).isLessThan(1e-5);
    }
  }

  /** Each stage reads only what an earlier one of its level or below gave. */
  private static void checkOrder(StageGraph graph, Set<String> inputs) {
    Map<String, Integer> levels = new HashMap<>();
    inputs.forEach(name -> levels.put(name, 0));
    Set<String> names = new HashSet<>();
    for (Stage stage : graph.stages()) {
      assertThat(names.add(stage.name())).isTrue();
      assertThat(stage.inputs()).isNotEmpty();
      for (String name : stage.inputs()) {
        int most = stage instanceof LayerStage ? stage.level() - 1 : stage.level();
        assertThat(levels).as(stage.name()).containsKey(name);
        assertThat(levels.getOrDefault(name, 0)).isLessThanOrEqualTo(most);
      }
      stage.outputs().forEach(name -> levels.put(name, stage.level()));
    }
  }

  private static List<String> operators(StageGraph graph) {
    return graph.stages().stream()
        .filter(OperatorStage.class::isInstance)
        .flatMap(stage -> ((OperatorStage) stage).operators().stream())
        .toList();
  }
}
