package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.Quantization;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.Plan;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scalar that comes with each sample: the time of a diffusion step, for example. */
class ScalarInputTest {
  private static final int SAMPLES = 6;
  private static final int CHANNELS = 6; // as many: the times of all samples would broadcast

  private final Path folder;

  ScalarInputTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private QuantizedNetwork quantized(int batch) throws IOException, InterruptedException {
    Path model =
        OnnxGraphs.opset(13)
            .input("x", -1, CHANNELS)
            .input("t")
            .node("Mul", "scaled", List.of("x", "t"))
            .weight("w", CHANNELS, 3)
            .node("MatMul", "y", List.of("scaled", "w"))
            .output("y")
            .write(folder.resolve("model.onnx"));
    Random random = new Random(5);
    float[] x = new float[SAMPLES * CHANNELS];
    float[] t = new float[SAMPLES];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
      t[i / CHANNELS] = (float) Math.pow(10, i / CHANNELS % 3);
    }
    Path samples = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(x, SAMPLES, CHANNELS));
    Path times = NpyFiles.write(folder.resolve("t.npy"), Tensor.of(t, SAMPLES));
    return Quantization.of(model)
        .data("x=" + samples, "t=" + times)
        .data(DataSettings.NONE.withBatch(batch))
        .plan(Plan.DEFAULT.toBuilder().weightBits(8).rounding(RoundingMethod.NEAREST).build())
        .run()
        .network();
  }

  @Test
  void theBatchSizeChangesNothing() throws Exception {
    QuantizedNetwork one = quantized(1);
    QuantizedNetwork all = quantized(SAMPLES);
    assertThat(all.samples()).isEqualTo(SAMPLES);
    assertThat(all.activations().keySet()).containsExactly("scaled");
    assertThat(all.statistics()).isEqualTo(one.statistics());
    assertThat(all.outputSqnrDb()).isEqualTo(one.outputSqnrDb());
  }
}
