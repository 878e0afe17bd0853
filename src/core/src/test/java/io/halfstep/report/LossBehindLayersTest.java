package io.halfstep.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.Quantization;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.LossBehindLayers;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Log energies: a power spectrum, in which frames and bands differ by orders of magnitude, a bank
 * of filters, and a logarithm from which its mean is subtracted.
 */
class LossBehindLayersTest {
  private static final int BINS = 32;
  private static final int BANDS = 4;

  @TempDir private Path folder;

  private QuantizedNetwork quantized(int activationBits) throws InterruptedException {
    float[] filters = new float[BINS * BANDS];
    for (int bin = 0; bin < BINS; bin++) {
      filters[bin * BANDS + bin * BANDS / BINS] = 1;
    }
    Path model =
        OnnxGraphs.opset(17)
            .input("x", -1, BINS)
            .node("Mul", "power", List.of("x", "x"))
            .initializer("filters", Tensor.of(filters, BINS, BANDS))
            .node("MatMul", "mel", List.of("power", "filters"))
            .initializer("floor", Tensor.of(new float[] {1e-6f}))
            .node("Add", "above", List.of("mel", "floor"))
            .node("Log", "log", List.of("above"))
            .output("log")
            .write(folder.resolve("model.onnx"));
    Random random = new Random(3);
    float[] samples = new float[512 * BINS];
    for (int i = 0; i < samples.length; i++) {
      int sample = i / BINS;
      double loudness = Math.pow(10, -2.0 * sample / 512);
      samples[i] = (float) ((0.5 + random.nextDouble()) * loudness);
    }
    Path data = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(samples, 512, BINS));
    return Quantization.of(model)
        .data(data.toString())
        .plan(Plan.DEFAULT.toBuilder().weightBits(8).activationBits(activationBits).build())
        .run()
        .network();
  }

  @Test
  void aLogarithmBehindEightBitsIsNamedInsteadOfSamples() throws Exception {
    QuantizedNetwork network = quantized(8);

    assertThat(network.layers().get(0).sqnrDb()).isGreaterThan(32);
    assertThat(network.outputSqnrDb().get("log")).isLessThan(12);
    assertThat(ReportAdvice.of(network, Map.of()))
        .singleElement()
        .satisfies(
            advice -> {
              assertThat(advice.subject()).isEqualTo("mel");
              assertThat(advice.finding())
                  .contains("Log 'log'", "input 'power' has 8 bits", "every layer has");
              assertThat(advice.remedy()).contains("16 bits or float");
            });
  }

  @Test
  void theRemedyHelps() throws Exception {
    QuantizedNetwork network = quantized(16);

    assertThat(network.outputSqnrDb().get("log")).isGreaterThan(20);
    assertThat(LossBehindLayers.of(network)).isEmpty();
  }
}
