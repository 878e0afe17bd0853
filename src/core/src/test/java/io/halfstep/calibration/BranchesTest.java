package io.halfstep.calibration;

import static io.halfstep.model.OnnxGraphs.body;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import akka.stream.javadsl.Source;
import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.export.QdqModel;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Nodes;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.ReferenceBatch;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Granularity;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks in the branches of an If: a voice activity detector has one for each sampling rate. */
class BranchesTest {
  private static final long TAKEN = 16_000;
  private static final long OTHER = 8_000;
  private static final Plan W8A8 = Plan.DEFAULT.toBuilder().weightBits(8).build();
  private static final Plan W4 = Plan.DEFAULT.toBuilder().activationBits(0).build();
  private static final Plan W3 = W4.toBuilder().weightBits(3).build();

  /** Channels of a convolution that takes just its bits in the file. */
  private static final int PACKED = 384;

  private static final Plan BLOCKS = W4.toBuilder().granularity(Granularity.block(16)).build();

  private record Case(OnnxGraphs graph, List<String> inBranch, List<String> outside) {
    List<String> layers() {
      return Stream.concat(inBranch.stream(), outside.stream()).toList();
    }
  }

  static Stream<Arguments> networks() {
    Map<String, Case> cases = new LinkedHashMap<>();
    cases.put("all in branches", new Case(detector(), List.of("tc", "tg"), List.of()));
    cases.put("a branch in a branch", new Case(nested(), List.of("tc", "ic", "tg"), List.of()));
    cases.put("outer tensors", new Case(capturing(), List.of("tc"), List.of("a", "z")));
    cases.put("outputs from elsewhere", new Case(passing(), List.of("tg"), List.of("z")));
    cases.put(
        "several outputs", new Case(severalOutputs(), List.of("tc", "td"), List.of("z", "v")));
    cases.put("a weight of both branches", new Case(shared(), List.of("tg"), List.of()));
    cases.put("the same names", new Case(sameNames(), List.of("t", "t_2"), List.of()));
    Case packed = new Case(detector(PACKED), List.of("tc", "tg"), List.of());
    return Stream.concat(
        Stream.of(Arguments.of("packed", packed, W3)),
        cases.entrySet().stream()
            .flatMap(
                c ->
                    Stream.of(
                        Arguments.of(c.getKey() + ", W8A8", c.getValue(), W8A8),
                        Arguments.of(c.getKey() + ", W4", c.getValue(), W4),
                        Arguments.of(c.getKey() + ", blocks", c.getValue(), BLOCKS))));
  }

  private static OnnxGraphs audio() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 4, 32)
        .input("sr", ElementType.INT64)
        .initializer("wide", Tensor.of(ElementType.INT64, new long[] {TAKEN}))
        .node("Equal", "is_wide", List.of("sr", "wide"));
  }

  private static OnnxGraphs branch() {
    return OnnxGraphs.opset(17);
  }

  private static OnnxGraphs choose(
      OnnxGraphs g, OnnxGraphs then, OnnxGraphs otherwise, String... outputs) {
    return g.node(
        "If",
        "choice",
        List.of("is_wide"),
        List.of(outputs),
        body("then_branch", then),
        body("else_branch", otherwise));
  }

  private static OnnxGraphs conv(OnnxGraphs g, String from, String to, int in, int out, int size) {
    return g.weight(to + "_w", out, in, size)
        .weight(to + "_b", out)
        .node("Conv", to, List.of(from, to + "_w", to + "_b"), ints("pads", size / 2, size / 2));
  }

  /** A convolution and a Gemm, of other sizes in each branch. */
  private static OnnxGraphs scores(OnnxGraphs g, String from, String name, int channels, int size) {
    return conv(g, from, name + "c", 4, channels, size)
        .node("Relu", name + "r", List.of(name + "c"))
        .node(
            "ReduceMean", name + "m", List.of(name + "r"), ints("axes", 2), integer("keepdims", 0))
        .weight(name + "w", 3, channels)
        .weight(name + "b", 3)
        .node(
            "Gemm", name + "g", List.of(name + "m", name + "w", name + "b"), integer("transB", 1));
  }

  private static OnnxGraphs detector() {
    return detector(8);
  }

  private static OnnxGraphs detector(int channels) {
    return choose(
            audio(),
            scores(branch(), "x", "t", channels, 5).output("tg"),
            scores(branch(), "x", "e", 6, 3).output("eg"),
            "y")
        .output("y");
  }

  private static OnnxGraphs nested() {
    OnnxGraphs inner = conv(branch(), "tc", "ic", 4, 4, 3).output("ic");
    OnnxGraphs other = conv(branch(), "tc", "oc", 4, 4, 1).output("oc");
    OnnxGraphs then = conv(branch(), "x", "tc", 4, 4, 3);
    then.node("Shape", "shape", List.of("tc"))
        .initializer("last", Tensor.of(ElementType.INT64, new long[] {2}))
        .initializer("length", Tensor.of(ElementType.INT64, new long[] {32}))
        .node("Gather", "n", List.of("shape", "last"))
        .node("Less", "is_short", List.of("n", "length"))
        .node(
            "If",
            "inner",
            List.of("is_short"),
            List.of("i"),
            body("then_branch", other),
            body("else_branch", inner))
        .node("GlobalAveragePool", "p", List.of("i"))
        .node("Flatten", "f", List.of("p"))
        .weight("tw", 4, 3)
        .node("MatMul", "tg", List.of("f", "tw"))
        .output("tg");
    return choose(audio(), then, scores(branch(), "x", "e", 6, 3).output("eg"), "y").output("y");
  }

  /**
   * The outer layer's result is read, quantized, within the branch, beside it, and in the other.
   */
  private static OnnxGraphs capturing() {
    OnnxGraphs g = conv(audio(), "x", "a", 4, 4, 3).weight("bias", 4, 1);
    OnnxGraphs then =
        conv(branch(), "a", "tc", 4, 4, 3).node("Add", "ta", List.of("tc", "bias")).output("ta");
    OnnxGraphs otherwise = branch().node("Mul", "ea", List.of("a", "bias")).output("ea");
    choose(g, then, otherwise, "i");
    conv(g, "a", "z", 4, 4, 1);
    return g.node("Add", "y", List.of("i", "z")).output("y");
  }

  private static OnnxGraphs passing() {
    OnnxGraphs g = audio().weight("outer", 4, 32);
    OnnxGraphs then =
        branch()
            .weight("own", 4, 32)
            .weight("tw", 32, 5)
            .node("MatMul", "tg", List.of("x", "tw"))
            .node("Identity", "tx", List.of("x"))
            .node("Identity", "to", List.of("outer"))
            .node("Identity", "tg_too", List.of("tg"))
            .output("tx")
            .output("own")
            .output("to")
            .output("tg")
            .output("tg_too");
    OnnxGraphs otherwise =
        branch()
            .node("Neg", "ex", List.of("x"))
            .weight("ew", 32, 5)
            .node("MatMul", "eg", List.of("x", "ew"))
            .node("Relu", "er", List.of("eg"))
            .node("Identity", "eo", List.of("outer"))
            .node("Abs", "ea", List.of("outer"))
            .output("ex")
            .output("eo")
            .output("ea")
            .output("eg")
            .output("er");
    choose(g, then, otherwise, "first", "second", "third", "g", "h");
    return g.node("Add", "s", List.of("first", "second"))
        .node("Mul", "p", List.of("s", "third"))
        .weight("zw", 32, 5)
        .node("MatMul", "z", List.of("p", "zw"))
        .node("Sum", "y", List.of("z", "g", "h"))
        .output("y");
  }

  private static OnnxGraphs severalOutputs() {
    OnnxGraphs then = conv(branch(), "x", "tc", 4, 4, 3);
    conv(then, "tc", "td", 4, 4, 3).output("tc").output("td");
    OnnxGraphs otherwise =
        branch()
            .node("Neg", "ea", List.of("x"))
            .node("Abs", "eb", List.of("x"))
            .output("ea")
            .output("eb");
    OnnxGraphs g = choose(audio(), then, otherwise, "p", "q");
    conv(g, "p", "z", 4, 4, 3);
    conv(g, "q", "v", 4, 4, 3);
    return g.node("Add", "y", List.of("z", "v")).output("y").output("p");
  }

  private static OnnxGraphs shared() {
    OnnxGraphs g = audio().weight("w", 32, 5);
    OnnxGraphs then = branch().node("MatMul", "tg", List.of("x", "w")).output("tg");
    OnnxGraphs otherwise =
        branch()
            .node("Neg", "n", List.of("x"))
            .node("MatMul", "eg", List.of("n", "w"))
            .output("eg");
    return choose(g, then, otherwise, "y").output("y");
  }

  private static OnnxGraphs sameNames() {
    OnnxGraphs g = audio();
    OnnxGraphs then =
        branch().weight("w", 32, 5).node("MatMul", "t", List.of("x", "w")).output("t");
    OnnxGraphs otherwise =
        branch()
            .weight("w", 32, 5)
            .node("Neg", "n", List.of("x"))
            .node("MatMul", "t", List.of("n", "w"))
            .output("t");
    choose(g, then, otherwise, "i");
    OnnxGraphs other =
        branch().weight("w", 5, 5).node("MatMul", "t", List.of("i", "w")).output("t");
    OnnxGraphs more = branch().node("Neg", "t", List.of("i")).output("t");
    g.node(
        "If",
        "again",
        List.of("is_wide"),
        List.of("y"),
        body("then_branch", other),
        body("else_branch", more));
    return g.output("y");
  }

  private static List<SampleBatch> data(long... rates) {
    List<SampleBatch> batches = new ArrayList<>();
    for (SampleBatch batch : Runs.noise("x", rates.length, 6, 4, 32)) {
      batches.add(
          new SampleBatch(
              batch.id(), batch.numbers(), at(batch.input("x"), rates[(int) batch.id()])));
    }
    return batches;
  }

  private static Map<String, Tensor> at(Tensor x, long rate) {
    return Map.of("x", x, "sr", Tensor.of(ElementType.INT64, new long[] {rate}));
  }

  private static CalibrationRequest request(OnnxGraphs graph, Plan plan, long... rates) {
    return Runs.request(StageGraph.of(graph.model()), plan, data(rates));
  }

  private static QuantizedNetwork quantized(OnnxGraphs graph, Plan plan, long... rates)
      throws Exception {
    return Runs.run(request(graph, plan, rates)).network();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void theBranchThatIsTakenIsQuantizedTheOtherIsNot(String name, Case of, Plan plan)
      throws Exception {
    QuantizedNetwork network = quantized(of.graph(), plan, TAKEN, TAKEN, TAKEN);

    assertThat(network.layers())
        .extracting(QuantizedLayer::name)
        .containsExactlyInAnyOrderElementsOf(of.layers());
    ModelProto exported = QdqModel.of(network);
    assertThat(layers(exported.getGraph())).containsExactlyInAnyOrderElementsOf(of.outside());
    for (Optimization level : List.of(Optimization.NONE, Optimization.ALL)) {
      Options options = new Options(1, level);
      try (OnnxProgram original = OnnxProgram.load(of.graph().proto().toByteArray(), options);
          OnnxProgram result = OnnxProgram.load(exported.toByteArray(), options)) {
        assertThat(network.reference()).isNotEmpty();
        for (ReferenceBatch batch : network.reference()) {
          double exact = level == Optimization.NONE ? 120 : 30; // ALL: in integers
          assertAgree(result.run(batch.inputs()), batch.student(), exact);
          Map<String, Tensor> other = at(requireNonNull(batch.inputs().get("x")), OTHER);
          double inFloat = of.outside().isEmpty() ? 120 : 15;
          assertAgree(result.run(other), original.run(other), inFloat);
        }
      }
    }
  }

  /** Bits are where the layer is that reads them. */
  @Test
  void theBranchUnpacksItsWeights() throws Exception {
    GraphProto graph = QdqModel.of(quantized(detector(PACKED), W3, TAKEN)).getGraph();
    NodeProto conditional = graph.getNode(graph.getNodeCount() - 1);
    GraphProto branch = requireNonNull(Nodes.branch(conditional, true));
    assertThat(graph.getNodeList()).noneMatch(BranchesTest::unpacks);
    assertThat(branch.getNodeList()).filteredOn(BranchesTest::unpacks).hasSize(1);
    assertThat(branch.getInitializerList())
        .filteredOn(constant -> constant.getName().equals("planes"))
        .singleElement()
        .satisfies(planes -> assertThat(planes.getRawData().size()).isEqualTo(PACKED * 20 * 3 / 8));
  }

  private static boolean unpacks(NodeProto node) {
    return node.getDomain().equals(Nodes.HALFSTEP);
  }

  /** Layers of this graph, not of bodies. */
  private static List<String> layers(GraphProto graph) {
    return graph.getNodeList().stream()
        .filter(node -> LayerOperators.of(node) != null)
        .map(Nodes::name)
        .toList();
  }

  private static void assertAgree(
      Map<String, Tensor> actual, Map<String, Tensor> expected, double leastDb) {
    assertThat(actual).containsOnlyKeys(expected.keySet());
    expected.forEach(
        (output, tensor) ->
            assertThat(sqnrDb(tensor, requireNonNull(actual.get(output))))
                .as(output)
                .isGreaterThan(leastDb));
  }

  private static double sqnrDb(Tensor expected, Tensor actual) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < expected.size(); i++) {
      signal += Math.pow(expected.floats()[i], 2);
      noise += Math.pow(expected.floats()[i] - actual.floats()[i], 2);
    }
    return 10 * Math.log10(signal / noise);
  }

  @Test
  void eachBranchHasItsOwnConstants() throws Exception {
    GraphProto graph = QdqModel.of(quantized(detector(), W4, TAKEN)).getGraph();

    assertThat(graph.getNodeList()).extracting(NodeProto::getOpType).containsExactly("Equal", "If");
    assertThat(graph.getInitializerList()).extracting(TensorProto::getName).containsExactly("wide");
    GraphProto then = graph.getNode(1).getAttribute(0).getG();
    GraphProto otherwise = graph.getNode(1).getAttribute(1).getG();
    assertThat(then.getInitializerList())
        .filteredOn(t -> t.getDataType() == TensorProto.DataType.INT4_VALUE)
        .extracting(TensorProto::getDimsList)
        .contains(List.of(8L, 4L, 5L), List.of(3L, 8L));
    assertThat(otherwise.getInitializerList())
        .extracting(TensorProto::getName)
        .contains("ec_w", "ec_b", "ew", "eb");
  }

  @Test
  void theElseBranch() throws Exception {
    QuantizedNetwork network = quantized(detector(), W4, OTHER, OTHER);

    assertThat(network.layers()).extracting(QuantizedLayer::name).containsExactly("ec", "eg");
    String why = "it is in the branch of If 'choice' that calibration did not take";
    assertThat(network.graph().floatNodes())
        .containsExactly(
            new FloatNode("tc", "Conv", why + "; its 'tc_w' of 640 B is too small to gain"),
            new FloatNode("tg", "Gemm", why + "; its 'tw' of 96 B is too small to gain"));
  }

  /** They are in their branch, so that nothing is dequantized where it is not taken. */
  @ParameterizedTest
  @ValueSource(longs = {TAKEN, OTHER})
  void weightsOfBranchesThatAreNotLayersAreIntegers(long last) throws Exception {
    OnnxGraphs then = conv(branch(), "x", "t", 4, 64, 5).output("t");
    OnnxGraphs otherwise = conv(branch(), "x", "e", 4, 64, 5).output("e");
    OnnxGraphs g = choose(conv(audio(), "x", "z", 4, 4, 3), then, otherwise, "y").output("z");

    QuantizedNetwork network = quantized(g.output("y"), W4, TAKEN, TAKEN, last);

    List<String> inFloat = last == TAKEN ? List.of("e") : List.of("t", "e");
    assertThat(network.stored())
        .extracting(stored -> stored.constant().name())
        .containsExactlyElementsOf(inFloat.stream().map(node -> node + "_w").toList());
    String why =
        last == TAKEN
            ? "it is in the branch of If 'choice' that calibration did not take"
            : "it is in a branch of If 'choice', which only some of the samples take";
    assertThat(network.floatNodes())
        .extracting(FloatNode::name, FloatNode::reason)
        .containsExactlyElementsOf(
            inFloat.stream()
                .map(
                    n -> tuple(n, why + "; its weights are stored as integers, rounded to nearest"))
                .toList());
    ModelProto exported = QdqModel.of(network);
    NodeProto choice =
        exported.getGraph().getNodeList().stream()
            .filter(node -> node.getOpType().equals("If"))
            .findFirst()
            .orElseThrow();
    assertThat(Nodes.bodies(choice))
        .allSatisfy(
            body ->
                assertThat(body.getInitializerList())
                    .extracting(TensorProto::getDataType)
                    .contains(TensorProto.DataType.INT4_VALUE));
    for (Optimization level : Optimization.values()) {
      Options options = new Options(1, level);
      try (OnnxProgram original = OnnxProgram.load(g.proto().toByteArray(), options);
          OnnxProgram result = OnnxProgram.load(exported.toByteArray(), options)) {
        for (ReferenceBatch batch : network.reference()) {
          assertAgree(result.run(batch.inputs()), batch.student(), 100);
          Map<String, Tensor> other = at(requireNonNull(batch.inputs().get("x")), OTHER);
          assertAgree(result.run(other), original.run(other), 15);
        }
      }
    }
  }

  @Test
  void samplesThatTakeBothBranchesLeaveThemInFloat() throws Exception {
    QuantizedNetwork network = quantized(capturing(), W4, TAKEN, TAKEN, OTHER);

    assertThat(network.layers()).extracting(QuantizedLayer::name).containsExactly("a", "z");
    assertThat(network.graph().floatNodes())
        .containsExactly(
            new FloatNode(
                "tc",
                "Conv",
                "it is in a branch of If 'choice', which only some of the samples take;"
                    + " its 'tc_w' of 192 B is too small to gain"));
    assertThatThrownBy(() -> quantized(detector(), W4, TAKEN, OTHER))
        .rootCause()
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "hand-built.onnx: nothing to quantize, no Conv, ConvTranspose, Gemm or MatMul has a"
                + " constant FLOAT weight; 'tc' stays in float: it is in a branch of If 'choice',"
                + " which only some of the samples take");
  }

  @Test
  void theConditionMayBeAnInput() throws Exception {
    OnnxGraphs g = OnnxGraphs.opset(17).input("x", -1, 4, 32).input("is_wide", ElementType.BOOL);
    OnnxGraphs then = conv(branch(), "x", "tc", 4, 4, 3).output("tc");
    choose(g, then, branch().node("Neg", "n", List.of("x")).output("n"), "y").output("y");
    List<SampleBatch> batches =
        Runs.noise("x", 2, 6, 4, 32).stream()
            .map(
                batch ->
                    new SampleBatch(
                        batch.id(),
                        batch.numbers(),
                        Map.of(
                            "x",
                            batch.input("x"),
                            "is_wide",
                            Tensor.of(ElementType.BOOL, new byte[] {1}))))
            .toList();

    QuantizedNetwork network =
        Runs.run(Runs.request(StageGraph.of(g.model()), W8A8, batches)).network();

    assertThat(network.layers()).extracting(QuantizedLayer::name).containsExactly("tc");
  }

  /** A sequence is made before the layer and read behind it. */
  @Test
  void aBranchThatCannotBeCutStaysWhole() throws Exception {
    OnnxGraphs then =
        conv(branch(), "a", "tc", 4, 4, 3)
            .initializer("one", Tensor.of(ElementType.INT64, new long[] {1}))
            .node("SplitToSequence", "pieces", List.of("a"))
            .node("Shape", "shape", List.of("tc"))
            .node("Gather", "channels", List.of("shape", "one"))
            .node("Sub", "zero", List.of("channels", "channels"))
            .node("SequenceAt", "piece", List.of("pieces", "zero"))
            .node("Add", "t", List.of("piece", "tc"))
            .output("t");
    OnnxGraphs otherwise = branch().node("Neg", "e", List.of("a")).output("e");
    OnnxGraphs g = conv(audio(), "x", "a", 4, 4, 3);

    QuantizedNetwork network = quantized(choose(g, then, otherwise, "y").output("y"), W4, TAKEN);

    assertThat(network.layers()).extracting(QuantizedLayer::name).containsExactly("a");
    assertThat(network.graph().floatNodes())
        .extracting(FloatNode::reason)
        .containsExactly(
            "it is in a branch of If 'choice', which cannot be cut into stages;"
                + " its 'tc_w' of 192 B is too small to gain");
  }

  @Test
  void withoutSamplesItIsOpen() {
    StageGraph graph = StageGraph.of(detector().model());

    assertThat(graph.layers()).isEmpty();
    assertThat(graph.floatNodes())
        .extracting(FloatNode::name, FloatNode::reason)
        .contains(
            tuple("eg", "it is in a branch of If 'choice', quantized only if all samples take it"));
    assertThatThrownBy(() -> quantized(detector(), W4))
        .rootCause()
        .hasMessageStartingWith("no calibration sample was accepted");
  }

  @Test
  void aLoopStaysInFloatAsDoesAnIfWithinIt() throws Exception {
    OnnxGraphs then = conv(branch(), "state", "tc", 4, 4, 3).output("tc");
    OnnxGraphs otherwise = branch().node("Neg", "n", List.of("state")).output("n");
    OnnxGraphs turn =
        branch()
            .input("i", ElementType.INT64)
            .input("go", ElementType.BOOL)
            .input("state", -1, 4, 32)
            .node("Identity", "going", List.of("go"));
    choose(turn, then, otherwise, "next").output("going", ElementType.BOOL).output("next");
    OnnxGraphs g =
        conv(audio(), "x", "a", 4, 4, 3)
            .initializer("times", Tensor.of(ElementType.INT64, new long[] {2}))
            .initializer("on", Tensor.of(ElementType.BOOL, new byte[] {1}))
            .node("Loop", "l", List.of("times", "on", "a"), body("body", turn));

    QuantizedNetwork network = quantized(g.output("l"), W4, TAKEN);

    assertThat(network.layers()).extracting(QuantizedLayer::name).containsExactly("a");
    assertThat(network.graph().floatNodes())
        .containsExactly(
            new FloatNode(
                "tc", "Conv", "it is inside Loop 'l'; its 'tc_w' of 192 B is too small to gain"));
  }

  /** The source stops in the third pass: the first is for the conditions. */
  @Test
  void aResumedRunTakesTheSameBranch(@TempDir Path folder) throws Exception {
    CheckpointLog log = new CheckpointLog();
    Checkpointing checkpointing =
        new Checkpointing(new CheckpointFolder(folder), Duration.ZERO, "run", log);
    CalibrationRequest request =
        Runs.withCheckpointing(request(detector(), W4, TAKEN, TAKEN), checkpointing);
    AtomicInteger passes = new AtomicInteger();
    Calibration interrupted =
        Calibration.start(
            Runs.withSource(
                request,
                first ->
                    passes.incrementAndGet() == 3 ? Source.never() : request.source().from(first)));
    while (log.completed.isEmpty()) {
      Thread.sleep(10);
    }
    interrupted.cancel();
    assertThatThrownBy(() -> interrupted.result().get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(CancellationException.class);

    CalibrationResult resumed = Runs.run(request);

    assertThat(log.resumed).hasSize(1);
    ResumeTest.assertSame(resumed, Runs.run(request(detector(), W4, TAKEN, TAKEN)));
  }

  @Test
  void theSearchCanBeCancelled() {
    int before = OnnxProgram.open();
    CalibrationRequest request = request(detector(), W4, TAKEN);
    Calibration endless =
        Calibration.start(
            Runs.withSource(request, first -> request.source().from(first).concat(Source.never())));

    endless.cancel();

    assertThatThrownBy(() -> endless.result().get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(CancellationException.class);
    assertThat(OnnxProgram.open()).isEqualTo(before);
  }
}
