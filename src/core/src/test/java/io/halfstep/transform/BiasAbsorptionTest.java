package io.halfstep.transform;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.export.Samples;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.statistics.Decibels;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BiasAbsorptionTest {
  private static final float[] MEANS = {4, 0.5f, -2, 7};
  private static final float[] GAINS = {-1, 1, 0.5f, 0.25f};

  /** Four channels with β = 4, 0.5, −2, 7 and γ = −1, 1, 0.5, 0.25 of a batch norm. */
  private static OnnxGraphs normed(OnnxGraphs g, String layer) {
    return g.initializer("gamma", Tensor.of(GAINS, 4))
        .initializer("beta", Tensor.of(MEANS, 4))
        .initializer("mean", Tensor.of(new float[] {0, 0, 0, 0}, 4))
        .initializer("variance", Tensor.of(new float[] {1, 1, 1, 1}, 4))
        .node(
            "BatchNormalization",
            "n",
            List.of(layer, "gamma", "beta", "mean", "variance"),
            OnnxGraphs.real("epsilon", 0));
  }

  private static OnnxGraphs products(String function) {
    OnnxGraphs g =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .initializer("w", identity())
            .node("Gemm", "a", List.of("x", "w"));
    normed(g, "a");
    if (function.equals("Clip")) {
      g.initializer("zero", Tensor.of(new float[] {0}))
          .initializer("six", Tensor.of(new float[] {6}))
          .node("Clip", "r", List.of("n", "zero", "six"));
    } else {
      g.node(function, "r", List.of("n"));
    }
    return g.initializer("v", Tensor.of(new float[] {1, 10, 100, 1000}, 4, 1))
        .initializer("c", Tensor.of(new float[] {0.5f}))
        .node("Gemm", "y", List.of("r", "v", "c"))
        .output("y");
  }

  private static Tensor identity() {
    float[] w = new float[16];
    for (int i = 0; i < 4; i++) {
      w[5 * i] = 1;
    }
    return Tensor.of(w, 4, 4);
  }

  private static StageGraph absorbed(StageGraph graph, boolean equalizes) {
    PairedLayers layers = PairedLayers.of(graph, true);
    if (equalizes) {
      CrossLayerEqualization.apply(layers);
    }
    new BiasAbsorption(layers).apply(Map.of());
    return layers.graph();
  }

  /** c = max(0, β − 3|γ|) = 1, 0, 0, 6.25. */
  @Test
  void whatAChannelAlwaysExceedsMovesToTheNextBias() {
    StageGraph absorbed = absorbed(StageGraph.of(products("Relu").model()), false);
    assertThat(bias(absorbed, 0)).containsExactly(3, 0.5f, -2, 0.75f);
    assertThat(bias(absorbed, 1)).containsExactly(0.5f + 1 + 6250);
    BatchNormStatistics statistics =
        requireNonNull(absorbed.model().batchNorms().get(absorbed.layers().get(0).output()));
    assertThat(statistics.mean()).containsExactly(3, 0.5, -2, 0.75);
    assertThat(statistics.std()).containsExactly(1, 1, 0.5, 0.25);
  }

  /** min(6, max(0, x)) − c = min(6 − c, max(0, x − c)) for x ≥ c; no more than 6 is absorbed. */
  @Test
  void theLimitOfAClipFollows() {
    StageGraph absorbed = absorbed(StageGraph.of(products("Clip").model()), false);
    assertThat(bias(absorbed, 0)).containsExactly(3, 0.5f, -2, 1);
    assertThat(bias(absorbed, 1)).containsExactly(0.5f + 1 + 6000);
    Tensor x = within3Deviations(1000);
    assertThat(run(absorbed, x))
        .containsExactly(run(StageGraph.of(products("Clip").model()), x), within(2e-3f));
  }

  @ParameterizedTest
  @CsvSource({"Relu,false", "Clip,false", "Relu,true", "Clip,true", "Identity,true"})
  void withinThreeDeviationsTheFunctionIsTheSame(String function, boolean equalizes) {
    StageGraph graph = StageGraph.of(products(function).model());
    Tensor x = within3Deviations(1000);
    assertThat(run(absorbed(graph, equalizes), x)).containsExactly(run(graph, x), within(2e-3f));
  }

  /** x such that the first layer's outputs, γx + β, are within 3 deviations of their means. */
  private static Tensor within3Deviations(int samples) {
    Random random = new Random(3);
    float[] x = new float[4 * samples];
    for (int i = 0; i < x.length; i++) {
      x[i] = 6 * random.nextFloat() - 3;
    }
    return Tensor.of(x, samples, 4);
  }

  private static OnnxGraphs convolutions(long pad) {
    return normed(
            OnnxGraphs.opset(17)
                .input("x", -1, 2, 6, 6)
                .weight("w", 4, 2, 3, 3)
                .node("Conv", "a", List.of("x", "w")),
            "a")
        .node("Relu", "r", List.of("n"))
        .weight("v", 3, 4, 3, 3)
        .weight("c", 3)
        .node("Conv", "y", List.of("r", "v", "c"), ints("pads", pad, 0, 0, 0))
        .output("y");
  }

  @Test
  void aSecondLayerThatPadsIsLeftAsItIs() {
    assertThat(isAbsorbed(convolutions(0))).isTrue();
    assertThat(isAbsorbed(convolutions(1))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aPoolThatAveragesItsPaddingIsNotCrossed(int counted) {
    OnnxGraphs g =
        normed(
                OnnxGraphs.opset(17)
                    .input("x", -1, 2, 6, 6)
                    .weight("w", 4, 2, 1, 1)
                    .node("Conv", "a", List.of("x", "w")),
                "a")
            .node("Relu", "r", List.of("n"))
            .node(
                "AveragePool",
                "p",
                List.of("r"),
                ints("kernel_shape", 2, 2),
                ints("pads", 1, 1, 0, 0),
                integer("count_include_pad", counted))
            .weight("v", 3, 4, 1, 1)
            .weight("c", 3)
            .node("Conv", "y", List.of("p", "v", "c"))
            .output("y");
    assertThat(isAbsorbed(g)).isEqualTo(counted == 0);
  }

  @Test
  void withoutBatchNormOrBiasNothingIsAbsorbed() {
    OnnxGraphs plain = biased(true);
    assertThat(isAbsorbed(plain)).isFalse();
    OnnxGraphs noBias =
        normed(
                OnnxGraphs.opset(17)
                    .input("x", -1, 4)
                    .weight("w", 4, 4)
                    .node("Gemm", "a", List.of("x", "w")),
                "a")
            .node("Relu", "r", List.of("n"))
            .weight("v", 4, 1)
            .node("MatMul", "y", List.of("r", "v"))
            .output("y");
    assertThat(isAbsorbed(noBias)).isFalse();
  }

  private static boolean isAbsorbed(OnnxGraphs g) {
    StageGraph graph = StageGraph.of(g.model());
    float[] before = bias(graph, 0);
    float[] after = bias(absorbed(graph, false), 0);
    return !Arrays.equals(before, after);
  }

  /** The tail beyond 3 deviations is all that may change; few of their channels are that high. */
  @ParameterizedTest
  @CsvSource({"resnet14,false", "resnet14,true", "mobilenetv2,false", "mobilenetv2,true"})
  void theBundledNetworksHardlyChange(String name, boolean equalizes) {
    StageGraph graph = StageGraph.of(Model.read(Samples.FOLDER.resolve(name + ".onnx")));
    Tensor images = Tensor.of(Samples.fashionMnist(256), 256, 1, 28, 28);
    float[] expected = run(graph, images);
    float[] actual = run(absorbed(graph, equalizes), images);
    assertThat(decibels(expected, actual)).isGreaterThan(100);
  }

  /**
   * An exporter has folded the batch norms: samples tell what they did. All second layers of
   * ResNet-14 pad.
   */
  @ParameterizedTest
  @CsvSource({"resnet14,false", "resnet14,true", "mobilenetv2,false", "mobilenetv2,true"})
  void networksFoldedBeforehandHardlyChange(String name, boolean equalizes) {
    Model folded = Model.read(Samples.FOLDER.resolve(name + ".onnx")).folded();
    StageGraph graph = StageGraph.of(Model.of(Samples.FOLDER.resolve(name), folded.proto()));
    assertThat(graph.model().batchNorms()).isEmpty();
    float[] images = Samples.fashionMnist(384);
    int learned = 128 * 28 * 28;
    PairedLayers layers = PairedLayers.of(graph, true);
    BiasAbsorption absorption = new BiasAbsorption(layers);
    boolean absorbs = name.equals("mobilenetv2");
    assertThat(absorption.unknown().isEmpty()).isEqualTo(!absorbs);
    if (equalizes) {
      CrossLayerEqualization.apply(layers);
    }
    if (absorbs) {
      try (ObservedOutputs outputs = new ObservedOutputs(graph, absorption.unknown())) {
        outputs.add(Map.of("image", Tensor.of(Arrays.copyOf(images, learned), 128, 1, 28, 28)));
        absorption.apply(outputs.statistics());
      }
    }
    assertThat(layers.notes().stream().anyMatch(note -> note.startsWith("high biases absorbed")))
        .isEqualTo(absorbs);
    Tensor others = Tensor.of(Arrays.copyOfRange(images, learned, images.length), 256, 1, 28, 28);
    assertThat(decibels(run(graph, others), run(layers.graph(), others))).isGreaterThan(100);
  }

  /** c = max(0, β − 3|γ|), from what was seen. */
  @Test
  void observedStatisticsTakeThePlaceOfABatchNorm() {
    StageGraph graph = StageGraph.of(biased(true).model());
    PairedLayers layers = PairedLayers.of(graph, false);
    BiasAbsorption absorption = new BiasAbsorption(layers);
    assertThat(absorption.unknown()).extracting(Layer::name).containsExactly("a");
    absorption.apply(
        Map.of(
            "a", new BatchNormStatistics(new double[] {9, 9, 2, 3}, new double[] {1, 2.5, 1, 1})));
    assertThat(bias(layers.graph(), 0)).containsExactly(3, 7.5f, 9, 9);
    assertThat(layers.notes()).containsExactly("high biases absorbed: a → y, 2 of 4 channels");
  }

  @Test
  void aLayerWithoutBiasKeepsWhatItHas() {
    StageGraph graph = StageGraph.of(biased(false).model());
    BiasAbsorption absorption = new BiasAbsorption(PairedLayers.of(graph, false));
    assertThat(absorption.unknown()).isEmpty();
  }

  private static OnnxGraphs biased(boolean bias) {
    OnnxGraphs g = OnnxGraphs.opset(17).input("x", -1, 4).weight("w", 4, 4);
    if (bias) {
      g.initializer("b", Tensor.of(new float[] {9, 9, 9, 9}, 4))
          .node("Gemm", "a", List.of("x", "w", "b"));
    } else {
      g.node("MatMul", "a", List.of("x", "w"));
    }
    return g.node("Relu", "r", List.of("a"))
        .weight("v", 4, 1)
        .weight("c", 1)
        .node("Gemm", "y", List.of("r", "v", "c"))
        .output("y");
  }

  private static double decibels(float[] expected, float[] actual) {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < expected.length; i++) {
      signal += expected[i] * (double) expected[i];
      noise += Math.pow(actual[i] - expected[i], 2);
    }
    return Decibels.of(signal, noise);
  }

  private static float[] bias(StageGraph graph, int layer) {
    Layer of = graph.layers().get(layer);
    return requireNonNull(of.bias()).floats();
  }

  private static float[] run(StageGraph graph, Tensor x) {
    Model model = graph.model();
    try (OnnxProgram program = OnnxProgram.load(model.proto().toByteArray())) {
      return program
          .run(Map.of(model.inputs().get(0).name(), x), model.outputs().get(0).name())
          .floats();
    }
  }
}
