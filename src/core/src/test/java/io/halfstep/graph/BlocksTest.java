package io.halfstep.graph;

import static io.halfstep.model.OnnxGraphs.body;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BlocksTest {
  @Test
  void theResidualBlocksOfResnet() {
    List<Block> blocks = Blocks.of(bundled("resnet14"));

    assertThat(blocks)
        .extracting(block -> block.layers().size())
        .containsExactly(0, 1, 2, 2, 3, 2, 3, 2, 1);
    assertThat(blocks.get(0).nodes()).isEmpty();
    assertThat(blocks.get(4).name()).isEqualTo("/blocks/blocks.2/conv1/Conv");
    assertThat(blocks.get(4).layers())
        .extracting(Layer::name)
        .allMatch(name -> name.startsWith("/blocks/blocks.2/"));
    assertThat(blocks.get(4).nodes())
        .extracting(NodeProto::getOpType)
        .containsExactly("Conv", "Relu", "Conv", "Conv", "Add", "Relu");
  }

  @Test
  void theInvertedResidualsOfMobilenet() {
    List<Block> blocks = Blocks.of(bundled("mobilenetv2"));

    assertThat(blocks)
        .extracting(block -> block.layers().size())
        .containsExactly(0, 1, 2, 3, 3, 3, 3, 3, 3, 2);
    for (int i = 0; i < 7; i++) {
      String prefix = "/blocks/blocks." + i + "/";
      assertThat(blocks.get(i + 2).layers())
          .extracting(Layer::name)
          .allMatch(name -> name.startsWith(prefix));
    }
  }

  @Test
  void aChainIsCutAfterThreeLayers() {
    OnnxGraphs graph = OnnxGraphs.opset(17).input("x", -1, 4).weight("w", 4, 4);
    String last = "x";
    for (int i = 1; i <= 7; i++) {
      graph.node("MatMul", "a" + i, List.of(last, "w")).node("Relu", "r" + i, List.of("a" + i));
      last = "r" + i;
    }

    assertThat(layers(graph.output(last))).containsExactly("", "a1 a2 a3", "a4 a5 a6", "a7");
  }

  /** Two layers beside each other are no part of a chain. */
  @Test
  void aForkIsABlock() {
    OnnxGraphs graph = square().node("MatMul", "stem", List.of("x", "w"));
    fork(graph, "f", "stem");
    graph.node("Relu", "relu", List.of("f")).node("MatMul", "y", List.of("relu", "w")).output("y");

    assertThat(layers(graph)).containsExactly("", "stem", "f_1 f_2", "y");
  }

  static Stream<List<String>> orders() {
    return Stream.of(
        List.of("h2", "g2", "a", "b", "c", "d", "e"),
        List.of("a", "h2", "b", "g2", "c", "d", "e"),
        List.of("a", "b", "c", "d", "e", "h2", "g2"));
  }

  /** The second head is the shorter one, and stands before, between or after the other's nodes. */
  @ParameterizedTest
  @MethodSource("orders")
  void aSecondHeadEndsInTheBlockAfterItsBeginning(List<String> order) {
    OnnxGraphs graph = square();
    fork(graph, "f", "x");
    for (String name : order) {
      switch (name) {
        case "a" -> graph.node("MatMul", "a", List.of("f", "w"));
        case "b" -> graph.node("Add", "b", List.of("a", "f"));
        case "c" -> graph.node("MatMul", "c", List.of("b", "w"));
        case "d" -> graph.node("MatMul", "d", List.of("c", "w"));
        case "e" -> graph.node("Add", "e", List.of("d", "b"));
        case "h2" -> graph.node("MatMul", "h2", List.of("f", "w"));
        default -> graph.node("MatMul", "g2", List.of("h2", "w"));
      }
    }
    List<Block> blocks = blocks(graph.output("e").output("g2"));

    assertThat(blocks).hasSize(4);
    assertThat(blocks.get(1).outputs()).containsExactly("f");
    assertThat(blocks.get(2).layers())
        .extracting(Layer::name)
        .containsExactlyInAnyOrder("a", "h2", "g2");
    assertThat(blocks.get(2).outputs()).containsExactlyInAnyOrder("b", "g2");
    assertThat(blocks.get(3).inputs()).containsExactly("b");
  }

  @Test
  void aTensorThatIsAlsoAnOutputCanBeACut() {
    OnnxGraphs graph = square();
    fork(graph, "f", "x");
    fork(graph, "y", "f");

    List<Block> blocks = blocks(graph.output("f").output("y"));

    assertThat(blocks).hasSize(3);
    assertThat(blocks.get(1).outputs()).containsExactly("f");
    assertThat(blocks.get(2).inputs()).containsExactly("f");
  }

  /** As in a U-net: only outside of the longest skip. */
  @Test
  void aSkipIsNotCut() {
    assertThat(
            layers(
                square()
                    .node("MatMul", "down1", List.of("x", "w"))
                    .node("MatMul", "down2", List.of("down1", "w"))
                    .node("MatMul", "middle", List.of("down2", "w"))
                    .node("Concat", "up2", List.of("middle", "down2"), integer("axis", 1))
                    .weight("v", 8, 4)
                    .node("MatMul", "narrow", List.of("up2", "v"))
                    .node("Concat", "up1", List.of("narrow", "down1"), integer("axis", 1))
                    .node("MatMul", "y", List.of("up1", "v"))
                    .output("y")))
        .containsExactly("", "down1", "down2 middle narrow", "y");
  }

  /** A mask that every block reads is computed once, by the block without layers. */
  @Test
  void theHalvesOfTransformerBlocks() {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", -1, 5, 4)
            .input("mask", ElementType.INT64, -1, 1, 5)
            .weight("w", 4, 4)
            .weight("gain", 4)
            .node("Cast", "float_mask", List.of("mask"), integer("to", ElementType.FLOAT.onnx()))
            .node("Log", "penalty", List.of("float_mask"))
            .node("MatMul", "h0", List.of("x", "w"));
    for (int i = 1; i <= 2; i++) {
      transformer(graph, "h" + i, "h" + (i - 1));
    }

    List<Block> blocks = blocks(graph.output("h2"));

    assertThat(blocks).extracting(block -> block.layers().size()).containsExactly(0, 1, 4, 2, 4, 2);
    assertThat(blocks.get(0).nodes())
        .extracting(Nodes::name)
        .containsExactly("float_mask", "penalty");
    assertThat(blocks.get(0).outputs()).containsExactly("penalty");
    assertThat(blocks.get(4).inputs()).containsExactlyInAnyOrder("h1", "penalty");
    assertThat(blocks.get(4).name()).isEqualTo("h2_q");
  }

  /** The shape of a cut is computed after it; that of a tensor before it prevents the cut. */
  @Test
  void shapesDependOnLayers() {
    OnnxGraphs graph = square();
    fork(graph, "f", "x");
    graph
        .node("Shape", "shape", List.of("f"))
        .node("MatMul", "a", List.of("f", "w"))
        .node("Reshape", "y", List.of("a", "shape"))
        .output("y");
    assertThat(layers(graph)).containsExactly("", "f_1 f_2", "a");

    OnnxGraphs inside = square();
    fork(inside, "f", "x");
    inside
        .node("Shape", "shape", List.of("f_1"))
        .node("MatMul", "a", List.of("f", "w"))
        .node("Reshape", "y", List.of("a", "shape"))
        .output("y");
    assertThat(layers(inside)).containsExactly("", "f_1 f_2 a");
  }

  /** The error of class numbers is none that a block could be fitted to. */
  @Test
  void aCutIsAFloatTensor() {
    OnnxGraphs graph = square();
    fork(graph, "f", "x");
    graph
        .node("ArgMax", "class", List.of("f"), integer("axis", 1), integer("keepdims", 0))
        .weight("table", 4, 4)
        .node("Gather", "row", List.of("table", "class"));
    fork(graph, "y", "row");

    List<Block> blocks = blocks(graph.output("y"));

    assertThat(blocks).hasSize(3);
    assertThat(blocks.get(1).outputs()).containsExactly("row");
  }

  @Test
  void aBodyReadsWhatItCaptures() {
    OnnxGraphs same =
        OnnxGraphs.opset(17).node("Identity", "same", List.of("early")).output("same");
    OnnxGraphs negative =
        OnnxGraphs.opset(17).node("Neg", "negative", List.of("early")).output("negative");
    OnnxGraphs graph = square().input("flag", ElementType.BOOL);
    graph
        .node("MatMul", "early", List.of("x", "w"))
        .node("MatMul", "a", List.of("early", "w"))
        .node("MatMul", "b", List.of("a", "w"))
        .node("If", "c", List.of("flag"), body("then_branch", same), body("else_branch", negative))
        .node("Add", "y", List.of("b", "c"))
        .output("y");

    List<Block> blocks = blocks(graph);

    assertThat(blocks).extracting(block -> block.layers().size()).containsExactly(0, 1, 2);
    assertThat(blocks.get(2).inputs()).containsExactlyInAnyOrder("early", "flag");
  }

  /** Samples must tell first which branch is taken. */
  @Test
  void aNetworkWithoutLayersIsTheFirstBlockAlone() {
    OnnxGraphs then =
        OnnxGraphs.opset(17).weight("v", 4, 4).node("MatMul", "t", List.of("x", "v")).output("t");
    OnnxGraphs otherwise =
        OnnxGraphs.opset(17).weight("v", 4, 4).node("MatMul", "e", List.of("x", "v")).output("e");
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .input("flag", ElementType.BOOL)
            .node(
                "If",
                "y",
                List.of("flag"),
                body("then_branch", then),
                body("else_branch", otherwise))
            .output("y");

    List<Block> blocks = blocks(graph);

    assertThat(blocks).hasSize(1);
    assertThat(blocks.get(0).nodes()).hasSize(1);
  }

  /** The mask's values come from the first block, what its shape tells does not. */
  @Test
  void whatDependsOnShapesAloneIsInEachBlockThatReadsIt() {
    List<Block> blocks =
        blocks(
            square()
                .input("mask", -1, 4)
                .node("Shape", "shape", List.of("mask"))
                .node("Identity", "sizes", List.of("shape"))
                .node("Tanh", "soft_mask", List.of("mask"))
                .node("MatMul", "a", List.of("x", "w"))
                .node("Mul", "b", List.of("a", "soft_mask"))
                .node("MatMul", "c", List.of("b", "w"))
                .node("MatMul", "d", List.of("c", "w"))
                .node("MatMul", "e", List.of("d", "w"))
                .node("Reshape", "y", List.of("e", "sizes"))
                .output("y"));

    assertThat(blocks.get(0).nodes()).extracting(NodeProto::getOpType).containsExactly("Tanh");
    assertThat(blocks.get(0).outputs()).containsExactly("soft_mask");
    assertThat(blocks.get(1).inputs()).containsExactly("x", "soft_mask");
    assertThat(blocks.get(2).inputs()).containsExactly("mask", "d");
    assertThat(blocks.get(2).nodes())
        .extracting(NodeProto::getOpType)
        .containsExactly("Shape", "Identity", "MatMul", "Reshape");
  }

  private static OnnxGraphs square() {
    return OnnxGraphs.opset(17).input("x", -1, 4).weight("w", 4, 4);
  }

  /** Two layers beside each other, {@code to_1} and {@code to_2}, and their sum. */
  private static void fork(OnnxGraphs graph, String to, String from) {
    graph
        .node("MatMul", to + "_1", List.of(from, "w"))
        .node("MatMul", to + "_2", List.of(from, "w"))
        .node("Add", to, List.of(to + "_1", to + "_2"));
  }

  private static void transformer(OnnxGraphs graph, String to, String from) {
    graph
        .node("MatMul", to + "_q", List.of(from, "w"))
        .node("MatMul", to + "_k", List.of(from, "w"))
        .node("MatMul", to + "_v", List.of(from, "w"))
        .node("Transpose", to + "_kt", List.of(to + "_k"), ints("perm", 0, 2, 1))
        .node("MatMul", to + "_scores", List.of(to + "_q", to + "_kt"))
        .node("Add", to + "_masked", List.of(to + "_scores", "penalty"))
        .node("Softmax", to + "_p", List.of(to + "_masked"), integer("axis", -1))
        .node("MatMul", to + "_mixed", List.of(to + "_p", to + "_v"))
        .node("MatMul", to + "_o", List.of(to + "_mixed", "w"))
        .node("Add", to + "_sum", List.of(to + "_o", from))
        .node("LayerNormalization", to + "_attended", List.of(to + "_sum", "gain"))
        .node("MatMul", to + "_wide", List.of(to + "_attended", "w"))
        .node("Tanh", to + "_tanh", List.of(to + "_wide"))
        .node("MatMul", to + "_narrow", List.of(to + "_tanh", "w"))
        .node("Add", to + "_sum2", List.of(to + "_narrow", to + "_attended"))
        .node("LayerNormalization", to, List.of(to + "_sum2", "gain"));
  }

  private static StageGraph bundled(String name) {
    return StageGraph.of(Model.read(Path.of("src/examples/fashion-mnist/" + name + ".onnx")));
  }

  private static List<Block> blocks(OnnxGraphs graph) {
    return Blocks.of(StageGraph.of(graph.model()));
  }

  private static List<String> layers(OnnxGraphs graph) {
    return blocks(graph).stream()
        .map(block -> String.join(" ", block.layers().stream().map(Layer::name).toList()))
        .toList();
  }
}
