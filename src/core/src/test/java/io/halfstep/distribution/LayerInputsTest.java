package io.halfstep.distribution;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.real;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.statistics.Moments;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import io.halfstep.transform.CrossLayerEqualization;
import io.halfstep.transform.PairedLayers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerInputsTest {
  private static final int CHANNELS = 3;
  private static final int SAMPLES = 200_000;

  /** Two batch norms n and m, of standard normal channels. */
  private static OnnxGraphs normed() {
    OnnxGraphs g = OnnxGraphs.opset(17).input("x", -1, CHANNELS).input("z", -1, CHANNELS);
    float[] identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    Tensor zeros = Tensor.of(new float[CHANNELS], CHANNELS);
    Tensor ones = Tensor.of(new float[] {1, 1, 1}, CHANNELS);
    g.initializer("zeros", zeros)
        .initializer("ones", ones)
        .initializer("i", Tensor.of(identity, 3, 3));
    g.initializer("gx", Tensor.of(new float[] {1, -2, 0.5f}, CHANNELS));
    g.initializer("bx", Tensor.of(new float[] {0.5f, -1, 5}, CHANNELS));
    g.initializer("gz", Tensor.of(new float[] {1, 1, 2}, CHANNELS));
    g.initializer("bz", Tensor.of(new float[] {-1, 1, 3}, CHANNELS));
    for (String in : List.of("x", "z")) {
      g.node("Gemm", "l" + in, List.of(in, "i"))
          .node(
              "BatchNormalization",
              "n" + in,
              List.of("l" + in, "g" + in, "b" + in, "zeros", "ones"),
              real("epsilon", 0));
    }
    return g.initializer("zero", Tensor.of(new float[] {0}))
        .initializer("six", Tensor.of(new float[] {6}));
  }

  private static StageGraph behind(String functions, int channels) {
    OnnxGraphs g = normed();
    switch (functions) {
      case "Relu" -> g.node("Relu", "t", List.of("nx"));
      case "Clip" -> g.node("Clip", "t", List.of("nx", "zero", "six"));
      case "Add" -> g.node("Add", "t", List.of("nx", "nz"));
      case "Add, Relu" -> g.node("Add", "s", List.of("nx", "nz")).node("Relu", "t", List.of("s"));
      case "Concat" ->
          g.node("Relu", "r", List.of("nx"))
              .node("Concat", "t", List.of("r", "nz"), integer("axis", 1));
      default -> throw new IllegalArgumentException(functions);
    }
    g.weight("w", channels, 2).node("Gemm", "y", List.of("t", "w")).output("y");
    if (!functions.contains("Add") && !functions.contains("Concat")) {
      g.output("nz");
    }
    return StageGraph.of(g.model());
  }

  /** Normal samples of the graph's inputs give these means, variances and moments. */
  @ParameterizedTest
  @ValueSource(strings = {"Relu", "Clip", "Add", "Add, Relu", "Concat"})
  void whatIsImpliedIsWhatSamplesShow(String functions) {
    int channels = functions.equals("Concat") ? 2 * CHANNELS : CHANNELS;
    StageGraph graph = behind(functions, channels);
    check(graph, graph.model(), channels);
  }

  @Test
  void theLimitsOfEqualizedChannelsAreKnown() {
    PairedLayers pairs = PairedLayers.of(behind("Clip", CHANNELS), true);
    CrossLayerEqualization.apply(pairs);
    StageGraph equalized = pairs.graph();
    assertThat(equalized).isNotSameAs(behind("Clip", CHANNELS));
    check(equalized, equalized.model(), CHANNELS);
  }

  private static void check(StageGraph graph, Model model, int channels) {
    LayerInput input = requireNonNull(LayerInputs.of(graph, Map.of()).get("y"));
    float[] t = samples(model);
    double[] mean = new double[channels];
    double[][] gram = new double[channels][channels];
    for (int i = 0; i < t.length; i += channels) {
      for (int c = 0; c < channels; c++) {
        mean[c] += (double) t[i + c] / SAMPLES;
        for (int d = 0; d < channels; d++) {
          gram[c][d] += (double) t[i + c] * t[i + d] / SAMPLES;
        }
        assertThat((double) t[i + c]).isBetween(input.least() - 1e-6, input.greatest() + 1e-6);
      }
    }
    double[] none = new double[0];
    Moments empty = new Moments(channels, 0, new double[channels * channels], none, none);
    Moments implied = input.moments(List.of(empty)).get(0);
    for (int c = 0; c < channels; c++) {
      assertThat(input.mean()[c]).isCloseTo(mean[c], within(0.03));
      assertThat(input.variance()[c]).isCloseTo(gram[c][c] - mean[c] * mean[c], within(0.1));
      for (int d = 0; d < channels; d++) {
        assertThat(implied.gram()[c * channels + d]).isCloseTo(gram[c][d], within(0.3));
      }
    }
  }

  private static float[] samples(Model model) {
    Random random = new Random(2);
    Model part = model.computing(List.of("t"));
    Map<String, Tensor> inputs = new HashMap<>();
    for (String name : List.of("x", "z")) {
      boolean read =
          part.proto().getGraph().getNodeList().stream()
              .anyMatch(node -> node.getInputList().contains(name));
      if (read) {
        inputs.put(name, noise(random, SAMPLES, CHANNELS));
      }
    }
    try (OnnxProgram program = OnnxProgram.load(part.proto().toByteArray())) {
      return program.run(inputs, "t").floats();
    }
  }

  private static Tensor noise(Random random, int... shape) {
    float[] values = new float[shape[0] * shape[1]];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape[0], shape[1]);
  }

  private static OnnxGraphs convolution() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 2, 8, 8)
        .weight("w", 4, 2, 3, 3)
        .node("Conv", "c", List.of("x", "w"))
        .batchNorm("n", "c", 4)
        .node("Relu", "r", List.of("n"));
  }

  @Test
  void eachChannelIsThatOfItsPlacesInTheKernel() {
    StageGraph graph =
        StageGraph.of(
            convolution()
                .weight("v", 6, 2, 1, 3)
                .node("Conv", "y", List.of("r", "v"), integer("group", 2))
                .output("y")
                .model());
    LayerInput input = requireNonNull(LayerInputs.of(graph, Map.of()).get("y"));
    ClippedNormal channels =
        ClippedNormal.of(requireNonNull(graph.model().batchNorms().get("n")))
            .clipped(new double[] {0}, new double[] {Double.POSITIVE_INFINITY});
    for (int i = 0; i < 12; i++) { // 2 groups, 2 channels, 3 places
      assertThat(input.mean()[i]).isEqualTo(channels.expected(i / 3));
      assertThat(input.variance()[i]).isEqualTo(channels.variance(i / 3));
    }
  }

  @Test
  void channelsSurviveGlobalPoolingOnly() {
    OnnxGraphs pooled =
        convolution()
            .node("GlobalAveragePool", "p", List.of("r"))
            .node("Flatten", "f", List.of("p"))
            .weight("v", 4, 2)
            .node("Gemm", "y", List.of("f", "v"))
            .output("y");
    assertThat(LayerInputs.of(StageGraph.of(pooled.model()), Map.of())).containsOnlyKeys("y");
    OnnxGraphs mean =
        convolution()
            .node("ReduceMean", "f", List.of("r"), ints("axes", 2, 3), integer("keepdims", 0))
            .weight("v", 4, 2)
            .node("Gemm", "y", List.of("f", "v"))
            .output("y");
    assertThat(LayerInputs.of(StageGraph.of(mean.model()), Map.of())).containsOnlyKeys("y");
    OnnxGraphs flat =
        convolution()
            .node("Flatten", "f", List.of("r"))
            .weight("v", 144, 2)
            .node("Gemm", "y", List.of("f", "v"))
            .output("y");
    assertThat(LayerInputs.of(StageGraph.of(flat.model()), Map.of())).isEmpty();
  }

  @Test
  void behindOtherFunctionsNothingIsKnown() {
    OnnxGraphs g =
        convolution()
            .node("Sigmoid", "s", List.of("r"))
            .weight("v", 6, 4, 1, 1)
            .node("Conv", "y", List.of("s", "v"))
            .output("y");
    assertThat(LayerInputs.of(StageGraph.of(g.model()), Map.of())).isEmpty();
  }

  @Test
  void anInputIsWhatItIsAssumedToBe() {
    StageGraph graph = StageGraph.of(convolution().output("r").model());
    ClippedNormal image =
        ClippedNormal.standard(2).clipped(new double[] {-1, -2}, new double[] {1, 2});
    LayerInput input = requireNonNull(LayerInputs.of(graph, Map.of("x", image)).get("c"));
    assertThat(input.least()).isEqualTo(-2);
    assertThat(input.greatest()).isEqualTo(2);
    assertThat(input.mean()).containsExactly(new double[18], within(1e-15));
  }
}
