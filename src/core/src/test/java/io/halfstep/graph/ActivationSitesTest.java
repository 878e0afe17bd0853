package io.halfstep.graph;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ActivationSitesTest {
  private static final OnnxGraphs RESIDUAL =
      OnnxGraphs.opset(13)
          .input("x", -1, 4, 8, 8)
          .weight("w1", 4, 4, 1, 1)
          .weight("w2", 4, 4, 1, 1)
          .node("Conv", "a", List.of("x", "w1"))
          .node("Relu", "ar", List.of("a"))
          .node("Conv", "b", List.of("ar", "w2"))
          .node("Add", "s", List.of("b", "x"))
          .node("Relu", "y", List.of("s"))
          .output("y");

  private static ActivationSites sites(OnnxGraphs graph, String... skipped) {
    return StageGraph.of(graph.model())
        .inIntegers(layer -> !List.of(skipped).contains(layer.name()))
        .sites();
  }

  private static List<List<String>> tensors(ActivationSites sites) {
    return sites.sites().stream().map(Site::tensors).toList();
  }

  private static OnnxGraphs start() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 4, 8, 8)
        .weight("w", 4, 4, 1, 1)
        .node("Conv", "a", List.of("x", "w"));
  }

  @Test
  void allTensorsAreQuantizedButThoseBeforeARelu() {
    ActivationSites sites = sites(RESIDUAL);

    assertThat(tensors(sites))
        .containsExactly(List.of("x"), List.of("ar"), List.of("b"), List.of("y"));
    assertThat(sites.left()).isEmpty();
  }

  @Test
  void aReluThatIsNotTheOnlyReaderIsNotFused() {
    OnnxGraphs graph = start().node("Relu", "r", List.of("a"));

    assertThat(tensors(sites(graph.node("Add", "y", List.of("a", "r")).output("y"))))
        .containsExactly(List.of("x"), List.of("a"), List.of("r"), List.of("y"));
  }

  @Test
  void aSkippedLayerReadsAndMakesFloats() {
    ActivationSites sites = sites(RESIDUAL, "b");

    assertThat(tensors(sites)).containsExactly(List.of("x"));
    assertThat(sites.left()).extracting(FloatNode::name).containsExactly("b", "s", "y");
  }

  @Test
  void whatOnlyMovesDataSharesItsEncoding() {
    OnnxGraphs graph =
        start()
            .integers("shape", 0, -1)
            .integers("axes", 1)
            .node("MaxPool", "p", List.of("a"), ints("kernel_shape", 2, 2))
            .node("Transpose", "t", List.of("p"), ints("perm", 0, 2, 3, 1))
            .node("Unsqueeze", "u", List.of("t", "axes"))
            .node("Reshape", "y", List.of("u", "shape"))
            .output("y");

    assertThat(sites(graph).sites())
        .containsExactly(
            new Site(List.of("x"), List.of("x"), false),
            new Site(List.of("a", "p", "t", "u", "y"), List.of("a"), false));
  }

  @Test
  void averagesAndLinearResizingDoNot() {
    OnnxGraphs graph =
        start()
            .initializer("scales", Tensor.of(new float[] {1, 1, 2, 2}, 4))
            .node("GlobalAveragePool", "g", List.of("a"))
            .node("Resize", "n", List.of("a", "", "scales"), text("mode", "nearest"))
            .node("Resize", "l", List.of("a", "", "scales"), text("mode", "linear"))
            .output("g")
            .output("n")
            .output("l");

    assertThat(tensors(sites(graph)))
        .containsExactly(List.of("x"), List.of("a", "n"), List.of("g"), List.of("l"));
  }

  @Test
  void allInputsOfAConcatShareItsEncoding() {
    OnnxGraphs graph =
        start()
            .node("Sigmoid", "g", List.of("a"))
            .node("Concat", "c", List.of("x", "a", "g"), integer("axis", 1))
            .node("Concat", "y", List.of("c", "g"), integer("axis", 1))
            .output("y");

    assertThat(sites(graph).sites())
        .containsExactly(new Site(List.of("x", "a", "g", "c", "y"), List.of("x", "a", "g"), false));
  }

  @Test
  void theConstantOfAConcatMayBeBeyondTheOthers() {
    OnnxGraphs graph =
        start()
            .initializer("k", Tensor.of(new float[256], 1, 4, 8, 8))
            .node("Concat", "y", List.of("a", "k"), integer("axis", 1))
            .output("y");

    assertThat(tensors(sites(graph))).containsExactly(List.of("x"), List.of("a"), List.of("y"));
  }

  @Test
  void aSoftmaxIsFromZeroToOne() {
    OnnxGraphs graph = start().node("Softmax", "y", List.of("a")).output("y");

    assertThat(sites(graph).sites()).endsWith(new Site(List.of("y"), List.of("y"), true));
  }

  /** As exported before opset 17. */
  @Test
  void theInsideOfANormalizationStaysInFloat() {
    OnnxGraphs graph =
        OnnxGraphs.opset(13)
            .input("x", -1, 6, 8)
            .weight("w1", 8, 8)
            .weight("bias", 8)
            .initializer("two", Tensor.of(new float[] {2}))
            .initializer("eps", Tensor.of(new float[] {1e-5f}))
            .weight("gamma", 8)
            .weight("beta", 8)
            .weight("w2", 8, 8)
            .node("MatMul", "m", List.of("x", "w1"))
            .node("Add", "mb", List.of("m", "bias"))
            .node("Add", "h", List.of("mb", "x"))
            .node("ReduceMean", "mean", List.of("h"), ints("axes", -1))
            .node("Sub", "d", List.of("h", "mean"))
            .node("Pow", "d2", List.of("d", "two"))
            .node("ReduceMean", "v", List.of("d2"), ints("axes", -1))
            .node("Add", "ve", List.of("v", "eps"))
            .node("Sqrt", "s", List.of("ve"))
            .node("Div", "n", List.of("d", "s"))
            .node("Mul", "ng", List.of("n", "gamma"))
            .node("Add", "nb", List.of("ng", "beta"))
            .node("MatMul", "y", List.of("nb", "w2"))
            .output("y");

    ActivationSites sites = sites(graph);

    assertThat(tensors(sites))
        .containsExactly(List.of("x"), List.of("mb"), List.of("h"), List.of("nb"), List.of("y"));
    assertThat(sites.left())
        .contains(
            new FloatNode("s", "Sqrt", "integer runtimes have no kernel for it"),
            new FloatNode("nb", "Add", "its input 'ng' is in float"));
  }

  @Test
  void masksAndIntegersStayAsTheyAre() {
    OnnxGraphs graph =
        start()
            .input("mask", ElementType.INT64, -1, 1, 1, 8)
            .node("Cast", "m", List.of("mask"), integer("to", ElementType.FLOAT.onnx()))
            .node("Add", "y", List.of("a", "m"))
            .output("y");

    ActivationSites sites = sites(graph);

    assertThat(tensors(sites)).containsExactly(List.of("x"), List.of("a"));
    assertThat(sites.left()).extracting(FloatNode::op).containsExactly("Cast", "Add");
  }

  @Test
  void everySiteIsBetweenStages() {
    StageGraph graph = StageGraph.of(RESIDUAL.model()).inIntegers(layer -> true);

    Set<String> made =
        graph.stages().stream()
            .flatMap(stage -> stage.outputs().stream())
            .collect(Collectors.toSet());
    assertThat(made).containsExactlyInAnyOrder("a", "ar", "b", "y");
    assertThat(graph.stages()).hasSize(4); // Add and Relu are one
  }

  private static List<List<String>> products(OnnxGraphs graph) {
    return tensors(StageGraph.of(graph.model()).withProducts().sites());
  }

  /** Two products in a chain, and one that shares an input with each. */
  private static OnnxGraphs chain() {
    return start()
        .node("Relu", "b", List.of("a"))
        .node("Sigmoid", "d", List.of("a"))
        .node("Tanh", "g", List.of("a"))
        .node("MatMul", "c", List.of("b", "d"))
        .node("MatMul", "e", List.of("c", "g"))
        .node("MatMul", "f", List.of("g", "b"));
  }

  @Test
  void bothInputsOfAProductAreQuantized() {
    assertThat(products(chain().node("Add", "y", List.of("e", "f")).output("y")))
        .containsExactly(List.of("b"), List.of("d"), List.of("c"), List.of("g"));
  }

  @Test
  void aProductWithAnInputThatOthersReadStaysInFloat() {
    OnnxGraphs graph =
        chain().node("Add", "s", List.of("e", "c")).node("Add", "y", List.of("s", "f"));
    assertThat(products(graph.output("y"))).isEmpty();
  }
}
