package io.halfstep.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.Quantization;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportAdviceTest {
  private static final int K = 64;

  @TempDir private Path folder;

  private List<ReportAdvice> adviceAt(int weightBits) throws IOException, InterruptedException {
    Path model =
        OnnxGraphs.opset(17)
            .input("x", -1, K)
            .weight("w", K, 3)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .write(folder.resolve("model.onnx"));
    float[] samples = new float[512 * K];
    Random random = new Random(1);
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) random.nextGaussian();
    }
    Path data = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(samples, 512, K));
    return ReportAdvice.of(
        Quantization.of(model)
            .data(data.toString())
            .plan(
                Plan.DEFAULT.toBuilder()
                    .weightBits(weightBits)
                    .weightGrid(WeightGrid.SYMMETRIC)
                    .rounding(RoundingMethod.NEAREST)
                    .build())
            .run()
            .network(),
        Map.of());
  }

  @Test
  void aPoorOutputIsToBeAnalyzed() throws Exception {
    assertThat(adviceAt(2)).anyMatch(advice -> advice.remedy().contains("halfstep analyze"));
  }

  @Test
  void thereIsNothingToSayOfAGoodOne() throws Exception {
    assertThat(adviceAt(8)).isEmpty();
  }
}
