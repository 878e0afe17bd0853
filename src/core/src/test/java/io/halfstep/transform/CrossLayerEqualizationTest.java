package io.halfstep.transform;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.real;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CrossLayerEqualizationTest {
  private static final String EXAMPLES = "src/examples/fashion-mnist/";

  private static OnnxGraphs images() {
    return OnnxGraphs.opset(17).input("x", -1, 3, 8, 8);
  }

  private static OnnxGraphs conv(OnnxGraphs g, String from, String to, int in, int out) {
    return g.weight(to + "_w", out, in, 3, 3)
        .weight(to + "_b", out)
        .node("Conv", to, List.of(from, to + "_w", to + "_b"), ints("pads", 1, 1, 1, 1));
  }

  /** A pair with these functions between. */
  private static OnnxGraphs between(String... operators) {
    OnnxGraphs g = conv(images(), "x", "a", 3, 6);
    String last = "a";
    for (int i = 0; i < operators.length; i++) {
      g.node(operators[i], "f" + i, List.of(last));
      last = "f" + i;
    }
    return conv(g, last, "y", 6, 4).output("y");
  }

  private static OnnxGraphs limits(OnnxGraphs g) {
    return g.initializer("zero", Tensor.of(new float[] {0}))
        .initializer("six", Tensor.of(new float[] {6}));
  }

  private static OnnxGraphs relu6(OnnxGraphs g, String from, String to) {
    return g.node("Clip", to, List.of(from, "zero", "six"));
  }

  /** Expansion, depthwise, projection, classifier. */
  private static OnnxGraphs mobile() {
    OnnxGraphs g = limits(conv(images(), "x", "a", 3, 6));
    relu6(g, "a", "ac")
        .weight("d_w", 6, 1, 3, 3)
        .node("Conv", "d", List.of("ac", "d_w"), integer("group", 6), ints("pads", 1, 1, 1, 1));
    relu6(g, "d", "dc");
    conv(g, "dc", "p", 6, 4);
    return relu6(g, "p", "pc")
        .node("ReduceMean", "m", List.of("pc"), ints("axes", 2, 3), integer("keepdims", 0))
        .weight("f_w", 4, 5)
        .node("Gemm", "y", List.of("m", "f_w"))
        .output("y");
  }

  private static OnnxGraphs groups() {
    return images()
        .weight("a_w", 6, 3, 3, 3)
        .node("Conv", "a", List.of("x", "a_w"))
        .node("LeakyRelu", "r", List.of("a"), real("alpha", 0.2f))
        .weight("b_w", 4, 3, 3, 3)
        .node("Conv", "b", List.of("r", "b_w"), integer("group", 2))
        .weight("slope", 4, 1, 1)
        .node("PRelu", "s", List.of("b", "slope"))
        .weight("c_w", 4, 3, 2, 2)
        .node("ConvTranspose", "c", List.of("s", "c_w"), integer("group", 2))
        .node("MaxPool", "pool", List.of("c"), ints("kernel_shape", 2, 2))
        .node("GlobalAveragePool", "g", List.of("pool"))
        .node("Flatten", "flat", List.of("g"))
        .weight("d_w", 7, 6)
        .node("Gemm", "d", List.of("flat", "d_w"), integer("transB", 1))
        .node("Relu", "e", List.of("d"))
        .weight("y_w", 7, 2)
        .node("MatMul", "y", List.of("e", "y_w"))
        .output("y");
  }

  static Stream<Arguments> networks() {
    Map<String, OnnxGraphs> networks = new LinkedHashMap<>();
    networks.put("1: a pair", between("Relu"));
    networks.put("1: nothing between", between());
    networks.put(
        "1: a pool with windows",
        conv(
                conv(images(), "x", "a", 3, 6)
                    .node("AveragePool", "p", List.of("a"), ints("kernel_shape", 2, 2)),
                "p",
                "y",
                6,
                4)
            .output("y"));
    networks.put(
        "1: one weight twice",
        conv(images(), "x", "a", 3, 3)
            .node("Relu", "r", List.of("a"))
            .node("Conv", "y", List.of("r", "a_w"), ints("pads", 1, 1, 1, 1))
            .output("y"));
    networks.put("3: depthwise, behind ReLU6", mobile());
    networks.put("4: groups and products", groups());
    return networks.entrySet().stream()
        .map(
            n ->
                Arguments.of(
                    n.getKey(),
                    Integer.parseInt(n.getKey().substring(0, 1)),
                    StageGraph.of(n.getValue().model())));
  }

  private static StageGraph equalized(StageGraph graph, boolean throughClips) {
    PairedLayers layers = PairedLayers.of(graph, throughClips);
    CrossLayerEqualization.apply(layers);
    return layers.graph();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void bothRangesOfEachChannelAreEqualAndTheFunctionIsTheSame(
      String name, int pairs, StageGraph graph) {
    StageGraph equalized = equalized(graph, true);
    assertThat(LayerPairs.of(graph, true)).hasSize(pairs);
    for (LayerPair pair : LayerPairs.of(graph, true)) {
      double[] made = channels(equalized, pair.first().name()).greatestByOutput();
      double[] read = channels(equalized, pair.second().name()).greatestByInput();
      for (int i = 0; i < made.length; i++) {
        assertThat(made[i] / read[i])
            .as("%s, %d", pair.first().name(), i)
            .isCloseTo(1, within(5e-3));
      }
    }
    assertSameFunction(graph, equalized, 3, 8, 8);
  }

  private static Channels channels(StageGraph graph, String name) {
    return new Channels(layer(graph, name));
  }

  private static Layer layer(StageGraph graph, String name) {
    return graph.layers().stream().filter(l -> l.name().equals(name)).findFirst().orElseThrow();
  }

  private static void assertSameFunction(StageGraph graph, StageGraph other, long... sample) {
    Random random = new Random(5);
    long[] shape = {4, sample[0], sample[1], sample[2]};
    float[] x = new float[Tensor.elements(shape)];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian() * 3;
    }
    float[] expected = run(graph.model(), Tensor.of(x, shape));
    float[] actual = run(other.model(), Tensor.of(x, shape));
    double greatest = 0;
    for (float y : expected) {
      greatest = Math.max(greatest, Math.abs(y));
    }
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within((float) (2e-6 * greatest)));
    }
  }

  private static float[] run(Model model, Tensor x) {
    try (OnnxProgram program = OnnxProgram.load(model.proto().toByteArray())) {
      return program
          .run(Map.of(model.inputs().get(0).name(), x), model.outputs().get(0).name())
          .floats();
    }
  }

  /** [D] eq. 11: of a pair, both ranges become the geometric mean. */
  @Test
  void theRangesBecomeTheirGeometricMean() {
    OnnxGraphs g =
        OnnxGraphs.opset(17)
            .input("x", -1, 2)
            .initializer("a_w", Tensor.of(new float[] {8, 0, 1, 0.5f, 0, -0.25f}, 2, 3))
            .node("MatMul", "a", List.of("x", "a_w"))
            .node("Relu", "r", List.of("a"))
            .initializer("y_w", Tensor.of(new float[] {0.5f, 3, 4}, 3, 1))
            .node("MatMul", "y", List.of("r", "y_w"))
            .output("y");
    StageGraph equalized = equalized(StageGraph.of(g.model()), false);
    float two = 2;
    assertThat(layer(equalized, "a").weight().floats())
        .containsExactly(two, 0, two, 0.125f, 0, -0.5f);
    assertThat(layer(equalized, "y").weight().floats()).containsExactly(two, 3, two);
  }

  @Test
  void stopsAtWhatItCannotCross() {
    assertThat(pairs(between("Sigmoid"))).isEmpty();
    assertThat(pairs(between("Relu", "Tanh"))).isEmpty();
    assertThat(pairs(between("Relu").output("f0"))).isEmpty();
    assertThat(pairs(between("Relu").node("Neg", "n", List.of("a")).output("n"))).isEmpty();
    assertThat(LayerPairs.of(StageGraph.of(mobile().model()), false)).isEmpty();
    OnnxGraphs pooledChannels =
        OnnxGraphs.opset(17)
            .input("x", -1, 2, 5)
            .weight("a_w", 5, 6)
            .node("MatMul", "a", List.of("x", "a_w"))
            .node("MaxPool", "p", List.of("a"), ints("kernel_shape", 3), ints("pads", 1, 1))
            .weight("y_w", 6, 4)
            .node("MatMul", "y", List.of("p", "y_w"))
            .output("y");
    assertThat(pairs(pooledChannels)).isEmpty();
    OnnxGraphs spatial =
        conv(images(), "x", "a", 3, 64)
            .initializer("rows", Tensor.of(ElementType.INT64, new long[] {-1, 64}, 2))
            .node("Reshape", "flat", List.of("a", "rows"))
            .weight("y_w", 64, 2)
            .node("MatMul", "y", List.of("flat", "y_w"))
            .output("y");
    assertThat(pairs(spatial)).isEmpty();
  }

  private static List<LayerPair> pairs(OnnxGraphs graph) {
    return LayerPairs.of(StageGraph.of(graph.model()), true);
  }

  @Test
  void deadChannelsStayAsTheyAre() {
    OnnxGraphs g =
        OnnxGraphs.opset(17)
            .input("x", -1, 1)
            .initializer("a_w", Tensor.of(new float[] {0, 4}, 1, 2))
            .node("MatMul", "a", List.of("x", "a_w"))
            .initializer("y_w", Tensor.of(new float[] {5, 0}, 2, 1))
            .node("MatMul", "y", List.of("a", "y_w"))
            .output("y");
    StageGraph equalized = equalized(StageGraph.of(g.model()), false);
    assertThat(layer(equalized, "a").weight().floats()).containsExactly(0, 4);
    assertThat(layer(equalized, "y").weight().floats()).containsExactly(5, 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet14.onnx", "mobilenetv2.onnx"})
  void theExamplesComputeTheSame(String file) {
    StageGraph graph = StageGraph.of(Model.read(Path.of(EXAMPLES + file)));
    StageGraph equalized = equalized(graph, true);
    assertThat(equalized).isNotSameAs(graph);
    assertThat(equalized.layers())
        .extracting(Layer::name)
        .isEqualTo(graph.layers().stream().map(Layer::name).toList());
    assertSameFunction(graph, equalized, 1, 28, 28);
  }
}
