package io.halfstep;

import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.quantizer.Encoding;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quantization without samples. */
class WithoutSamplesTest {
  private static final String NORMALIZE = "mean=0.25,std=0.5,scale=255";
  private final Path folder;

  WithoutSamplesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Quantization quantization(OnnxGraphs graph) {
    return Quantization.of(graph.write(folder.resolve("model.onnx")));
  }

  /** Layers a, b, c and d; a, c with batch norms, d behind a Sigmoid. */
  private static OnnxGraphs network() {
    OnnxGraphs g = OnnxGraphs.opset(17).input("x", -1, 3, 8, 8);
    return g.weight("aw", 8, 3, 3, 3)
        .node("Conv", "a", List.of("x", "aw"), ints("pads", 1, 1, 1, 1))
        .batchNorm("an", "a", 8)
        .node("Relu", "ar", List.of("an"))
        .weight("bw", 8, 8, 3, 3)
        .weight("bb", 8)
        .node("Conv", "b", List.of("ar", "bw", "bb"))
        .node("Relu", "br", List.of("b"))
        .weight("cw", 6, 8, 1, 1)
        .node("Conv", "c", List.of("br", "cw"))
        .batchNorm("cn", "c", 6)
        .node("Sigmoid", "cs", List.of("cn"))
        .weight("dw", 4, 6, 1, 1)
        .node("Conv", "d", List.of("cs", "dw"))
        .output("d");
  }

  @Test
  void whatBatchNormsTellIsUsedAndTheRestIsRoundedToNearest() throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().biasCorrection(BiasCorrection.ANALYTIC).build();
    QuantizedModel model = quantization(network()).normalize(NORMALIZE).plan(plan).run();
    QuantizedNetwork network = model.network();
    model.write(folder.resolve("quantized.onnx"));

    assertThat(network.activations()).containsOnlyKeys("x", "ar");
    Encoding x = network.activations().get("x");
    assertThat(x.scale(0) * 255).isCloseTo(2, within(1e-4f)); // (0 − 0.25)/0.5 to (1 − 0.25)/0.5
    assertThat(network.layers())
        .extracting(QuantizedLayer::name)
        .containsExactly("a", "b", "c", "d");
    assertThat(network.layers())
        .extracting(QuantizedLayer::rounding)
        .containsExactly("lattice", "lattice", "nearest", "nearest");
    assertThat(network.layers().get(1).ratio()).isLessThan(1);
    assertThat(network.layers().subList(2, 4))
        .allMatch(layer -> layer.note().contains("no batch norm") && layer.flips() == 0);
    assertThat(network.layers()).allMatch(layer -> Double.isNaN(layer.sqnrDb()));
    assertThat(network.samples()).isZero();
  }

  @Test
  void anInputThatIsNotNormalizedStaysInFloat() throws Exception {
    assertThat(quantization(network()).run().network().activations()).containsOnlyKeys("ar");
  }

  @Test
  void withoutBatchNormsEveryWeightIsRoundedToNearest() throws Exception {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", -1, 5, 16)
            .weight("w", 16, 16)
            .node("MatMul", "m", List.of("x", "w"))
            .node("Tanh", "t", List.of("m"))
            .weight("v", 16, 4)
            .node("MatMul", "y", List.of("t", "v"))
            .output("y");
    QuantizedNetwork network = quantization(graph).run().network();
    assertThat(network.activations()).isEmpty();
    assertThat(network.layers()).hasSize(2).allMatch(layer -> layer.rounding().equals("nearest"));
  }

  @Test
  void theBytesDependOnNoThreads() throws Exception {
    byte[][] files = new byte[2][];
    for (int i = 0; i < 2; i++) {
      Path out = folder.resolve(i + ".onnx");
      quantization(network())
          .normalize(NORMALIZE)
          .resources(ResourceSettings.NONE.withThreads(i + 1))
          .run()
          .write(out);
      files[i] = Files.readAllBytes(out);
    }
    assertThat(files[0]).isEqualTo(files[1]);
  }

  @Test
  void whatNeedsSamplesSaysSo() {
    Map<Plan, String> refused =
        Map.of(
            Plan.DEFAULT.toBuilder().biasCorrection(BiasCorrection.EMPIRICAL).build(),
            "layer 'a': bias-correction empirical needs samples",
            Plan.DEFAULT.toBuilder().rounding(RoundingMethod.ADAROUND_SAMPLES).build(),
            "layer 'a': rounding adaround-samples needs samples");
    refused.forEach(
        (plan, message) ->
            assertThatThrownBy(() -> quantization(network()).plan(plan).run())
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith(message));
    assertThatThrownBy(() -> quantization(network()).data(DataSettings.NONE.withSamples(5)).run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("samples: there are no samples that it could apply to");
  }
}
