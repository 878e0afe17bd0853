package io.halfstep.export;

import static io.halfstep.model.OnnxGraphs.body;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.Quantization;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.Nodes;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Granularity;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The weights of layers in the bodies of Loop and Scan are stored as integers. */
class BodiesTest {
  private static final String STORED = "; its weights are stored as integers, rounded to nearest";
  private static final int CHANNELS = 16;
  private static final int WIDTH = 40;

  private static final Plan W8 = Plan.DEFAULT.toBuilder().weightBits(8).build();
  private static final Plan W4 = Plan.DEFAULT.toBuilder().weightBits(4).build();

  @TempDir Path folder;

  /**
   * @param weights by the names of the nodes
   */
  private record Case(OnnxGraphs graph, String body, Map<String, String> weights) {}

  static Stream<Arguments> networks() {
    Map<String, Case> cases = new LinkedHashMap<>();
    cases.put("convolutions in a Loop", convolutions());
    cases.put("products in a Scan", products());
    cases.put("an If in a Loop", nested());
    Map<String, Plan> plans = new LinkedHashMap<>();
    plans.put("W8", W8);
    plans.put("W4", W4);
    plans.put("blocks", W4.toBuilder().granularity(Granularity.block(16)).build());
    plans.put("tensor", W8.toBuilder().granularity(Granularity.TENSOR).build());
    return cases.entrySet().stream()
        .flatMap(
            c ->
                plans.entrySet().stream()
                    .map(
                        p ->
                            Arguments.of(
                                c.getKey() + ", " + p.getKey(), c.getValue(), p.getValue())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void theFileHoldsIntegers(String name, Case of, Plan plan) throws Exception {
    Path model = of.graph().write(folder.resolve("model.onnx"));

    QuantizedNetwork network = quantized(model, plan);

    assertThat(network.stored())
        .extracting(stored -> stored.constant().name())
        .containsExactlyInAnyOrderElementsOf(of.weights().values());
    assertThat(network.stored())
        .allSatisfy(
            stored -> {
              assertThat(stored.weight().encoding().grid().bits()).isEqualTo(plan.weightBits());
              assertThat(stored.weight().encoding().granularity())
                  .isEqualTo(
                      plan.granularity().whereBlocks(stored.constant().layout().inputAxis() >= 0));
            });
    assertThat(network.floatNodes())
        .extracting(FloatNode::name, FloatNode::reason)
        .containsExactlyInAnyOrderElementsOf(
            of.weights().keySet().stream()
                .map(node -> tuple(node, "it is inside " + of.body() + STORED))
                .toList());
    ModelProto exported = QdqModel.of(network);
    assertThat(exported.getSerializedSize()).isLessThan((int) (0.6 * Files.size(model)));
    Student.computesTheSame(network, exported);
  }

  @Test
  void thePlanDecidesForEachNode() throws Exception {
    Path model = products().graph().write(folder.resolve("model.onnx"));
    Plan plan =
        W8.toBuilder()
            .override(LayerOverride.of("m").skip(true))
            .override(LayerOverride.of("g").weightBits(3))
            .build();

    QuantizedNetwork network = quantized(model, plan);

    assertThat(network.stored())
        .singleElement()
        .satisfies(
            stored -> {
              assertThat(stored.constant().name()).isEqualTo("gw");
              assertThat(stored.weight().encoding().grid().bits()).isEqualTo(3);
              assertThat(stored.note())
                  .startsWith(
                      "stored as integers, rounded to nearest: gw of g, 3 bits, a scale per")
                  .contains("channel");
            });
    assertThat(network.floatNodes())
        .extracting(FloatNode::name, FloatNode::reason)
        .containsExactlyInAnyOrder(
            tuple("m", "the plan says so"), tuple("g", "it is inside Scan 's'" + STORED));
    Student.computesTheSame(network, QdqModel.of(network));
  }

  /** A body captures what the graph around it unpacks. */
  @Test
  void packedWeightsAreUnpackedOutside() throws Exception {
    Path model = nested().graph().write(folder.resolve("model.onnx"));

    QuantizedNetwork network = quantized(model, W4.toBuilder().weightBits(3).build());

    ModelProto exported = QdqModel.of(network);
    assertThat(exported.getGraph().getNodeList())
        .filteredOn(node -> node.getDomain().equals(Nodes.HALFSTEP))
        .singleElement()
        .satisfies(node -> assertThat(node.getOutput(0)).isEqualTo("pw_quantized"));
    Student.computesTheSame(network, exported);
  }

  /** The columns of one are the rows of the other; the sum reads the third. */
  @Test
  void aWeightThatIsReadOtherwiseStaysInFloat() throws Exception {
    OnnxGraphs turn =
        turn()
            .weight("both", WIDTH, WIDTH)
            .weight("own", WIDTH, WIDTH)
            .weight("added", WIDTH, WIDTH)
            .node("MatMul", "m", List.of("state", "both"))
            .node("Transpose", "turned", List.of("both"), ints("perm", 1, 0))
            .node("MatMul", "n", List.of("m", "turned"))
            .node("MatMul", "o", List.of("n", "added"))
            .node("ReduceSum", "sum", List.of("added"), integer("keepdims", 0))
            .node("Add", "moved", List.of("o", "sum"))
            .node("MatMul", "p", List.of("moved", "own"));
    Path model = loop(base(), turn, "p").write(folder.resolve("model.onnx"));

    QuantizedNetwork network = quantized(model, W8);

    assertThat(network.stored()).extracting(s -> s.constant().name()).containsExactly("own");
    assertThat(network.floatNodes())
        .extracting(FloatNode::name, FloatNode::reason)
        .containsExactly(
            tuple("m", "it is inside Loop 'l'; something else reads its 'both', too"),
            tuple("o", "it is inside Loop 'l'; something else reads its 'added', too"),
            tuple("p", "it is inside Loop 'l'" + STORED));
    Student.computesTheSame(network, QdqModel.of(network));
  }

  /** The layer outside has a copy of its own; two nodes inside read the same integers. */
  @Test
  void aWeightOfALayerOutside() throws Exception {
    OnnxGraphs turn =
        turn().node("MatMul", "m", List.of("state", "v")).node("MatMul", "n", List.of("m", "v"));
    Path model = loop(base(), turn, "n").write(folder.resolve("model.onnx"));

    QuantizedNetwork network = quantized(model, W8);

    assertThat(network.layers()).extracting(l -> l.name()).containsExactly("a");
    assertThat(network.stored()).extracting(s -> s.constant().name()).containsExactly("v");
    Student.computesTheSame(network, QdqModel.of(network));
  }

  /** Both bodies call their weights w, and the second something else, too. */
  @Test
  void bodiesWithTheSameNames() throws Exception {
    OnnxGraphs first = turn().weight("w", WIDTH, WIDTH).node("MatMul", "m", List.of("state", "w"));
    OnnxGraphs inner =
        OnnxGraphs.opset(17)
            .initializer("w", noise(5, WIDTH, WIDTH))
            .node("MatMul", "n", List.of("state", "w"))
            .output("n");
    OnnxGraphs other = OnnxGraphs.opset(17).node("Neg", "w", List.of("state")).output("w");
    OnnxGraphs second =
        turn()
            .node("If", "i", List.of("go"), body("then_branch", inner), body("else_branch", other));
    OnnxGraphs graph = base().node("Loop", "k", List.of("times", "on", "a"), finished(first, "m"));
    Path model =
        graph
            .node("Loop", "y", List.of("times", "on", "k"), finished(second, "i"))
            .output("y")
            .write(folder.resolve("model.onnx"));

    QuantizedNetwork network = quantized(model, W4);

    assertThat(network.stored()).extracting(s -> s.constant().name()).containsExactly("w_2", "w_3");
    Student.computesTheSame(network, QdqModel.of(network));
  }

  private static OnnxGraphs base() {
    return OnnxGraphs.opset(17)
        .input("x", -1, CHANNELS, WIDTH)
        .weight("v", WIDTH, WIDTH)
        .initializer("times", Tensor.of(ElementType.INT64, new long[] {3}))
        .initializer("on", Tensor.of(ElementType.BOOL, new byte[] {1}))
        .node("MatMul", "a", List.of("x", "v"));
  }

  private static OnnxGraphs turn() {
    return OnnxGraphs.opset(17)
        .input("i_of_loop", ElementType.INT64)
        .input("go", ElementType.BOOL)
        .input("state", -1, CHANNELS, WIDTH);
  }

  private static AttributeProto finished(OnnxGraphs turn, String last) {
    return body(
        "body",
        turn.node("Tanh", "next", List.of(last))
            .node("Identity", "going", List.of("go"))
            .output("going", ElementType.BOOL)
            .output("next"));
  }

  private static OnnxGraphs loop(OnnxGraphs graph, OnnxGraphs turn, String last) {
    return graph
        .node("Loop", "l", List.of("times", "on", "a"), List.of("y"), finished(turn, last))
        .output("y");
  }

  private static Case convolutions() {
    OnnxGraphs turn =
        turn()
            .weight("cw", CHANNELS, CHANNELS, 5)
            .weight("cb", CHANNELS)
            .weight("tw", CHANNELS, CHANNELS / 2, 9)
            .node("Conv", "c", List.of("state", "cw", "cb"), ints("pads", 2, 2))
            .node(
                "ConvTranspose", "t", List.of("c", "tw"), ints("pads", 4, 4), integer("group", 2));
    return new Case(loop(base(), turn, "t"), "Loop 'l'", Map.of("c", "cw", "t", "tw"));
  }

  /** One weight is captured, the other a Constant. */
  private static Case products() {
    OnnxGraphs step =
        OnnxGraphs.opset(17)
            .input("state", -1, WIDTH)
            .input("row", -1, WIDTH)
            .node("Constant", "gw", List.of(), tensor("value", noise(3, WIDTH, WIDTH)))
            .weight("gb", WIDTH)
            .node("MatMul", "m", List.of("row", "mw"))
            .node("Gemm", "g", List.of("state", "gw", "gb"), integer("transB", 1))
            .node("Add", "sum", List.of("m", "g"))
            .node("Tanh", "next", List.of("sum"))
            .node("Identity", "out", List.of("next"))
            .output("next", ElementType.FLOAT, -1, WIDTH)
            .output("out", ElementType.FLOAT, -1, WIDTH);
    OnnxGraphs graph =
        base()
            .initializer("mw", noise(4, WIDTH, WIDTH))
            .node("ReduceMean", "start", List.of("a"), ints("axes", 1), integer("keepdims", 0))
            .node(
                "Scan",
                "s",
                List.of("start", "a"),
                List.of("last", "y"),
                body("body", step),
                integer("num_scan_inputs", 1),
                ints("scan_input_axes", 1),
                ints("scan_output_axes", 1))
            .output("y");
    return new Case(graph, "Scan 's'", Map.of("m", "mw", "g", "gw"));
  }

  /** A weight of the inner body, one of the outer, and one of the graph: a matrix per channel. */
  private static Case nested() {
    OnnxGraphs then =
        OnnxGraphs.opset(17)
            .weight("nw", WIDTH, WIDTH)
            .node("MatMul", "n", List.of("state", "nw"))
            .node("MatMul", "o", List.of("n", "ow"))
            .node("Unsqueeze", "rows", List.of("o", "axis"))
            .node("MatMul", "p", List.of("rows", "pw"))
            .node("Squeeze", "q", List.of("p", "axis"))
            .output("q");
    OnnxGraphs otherwise = OnnxGraphs.opset(17).node("Neg", "e", List.of("state")).output("e");
    OnnxGraphs turn =
        turn()
            .initializer("ow", noise(5, WIDTH, WIDTH))
            .node(
                "If",
                "i",
                List.of("go"),
                body("then_branch", then),
                body("else_branch", otherwise));
    return new Case(
        loop(
            base().initializer("pw", noise(6, CHANNELS, WIDTH, WIDTH)).integers("axis", 2),
            turn,
            "i"),
        "Loop 'l'",
        Map.of("n", "nw", "o", "ow", "p", "pw"));
  }

  private static Tensor noise(long seed, long... shape) {
    Random random = new Random(seed);
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt((double) shape[shape.length - 1]));
    }
    return Tensor.of(values, shape);
  }

  private QuantizedNetwork quantized(Path model, Plan plan) throws Exception {
    Path samples = NpyFiles.write(folder.resolve("x.npy"), noise(9, 48, CHANNELS, WIDTH));
    return Quantization.of(model).data(samples.toString()).plan(plan).run().network();
  }
}
