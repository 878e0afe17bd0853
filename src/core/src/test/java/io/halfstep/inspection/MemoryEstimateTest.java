package io.halfstep.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.Quantization;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Of one sample, x takes 4·6·6 floats, the convolutions 5·4·4 and 3·2·2, and the activation between
 * them 5·4·4. The benchmark memory.sh compares the total with the peak of a process.
 */
class MemoryEstimateTest {
  private static final long X = 4 * 144;
  private static final long A = 4 * 80;
  private static final long Y = 4 * 12;

  @TempDir private Path folder;
  private Path model = Path.of("");
  private String samples = "";

  @BeforeEach
  void write() throws IOException {
    model =
        OnnxGraphs.opset(13)
            .input("x", -1, 4, -1, -1)
            .weight("w", 5, 4, 3, 3)
            .node("Conv", "a", List.of("x", "w"))
            .node("Relu", "r", List.of("a"))
            .weight("v", 3, 5, 3, 3)
            .node("Conv", "y", List.of("r", "v"))
            .output("y")
            .write(folder.resolve("model.onnx"));
    samples =
        NpyFiles.write(folder.resolve("x.npy"), Tensor.of(new float[40 * 144], 40, 4, 6, 6))
            .toString();
  }

  private Quantization quantization() {
    return Quantization.of(model).data(samples);
  }

  @Test
  void samplesAreCountedAndTheFirstGivesTheShapes() {
    MemoryEstimate estimate = quantization().memory();

    assertThat(estimate.samples()).isEqualTo(40);
    assertThat(estimate.shapes()).containsEntry("x", List.of(1L, 4L, 6L, 6L));
    assertThat(Quantization.of(model).data(samples, samples).memory().samples()).isEqualTo(80);
    assertThat(quantization().samples(3).memory().samples()).isEqualTo(3);
  }

  @Test
  void theWidestLevelIsKeptTwiceForEachSampleWithinTheBudget() {
    assertThat(quantization().memory().kept()).isEqualTo(2 * 40 * X);
    assertThat(quantization().resources(ResourceSettings.NONE.withMemory(5000)).memory().kept())
        .isEqualTo(5000);
    assertThat(
            quantization()
                .plan(Plan.DEFAULT.toBuilder().schedule(Plan.Schedule.PARALLEL).build())
                .memory()
                .kept())
        .isZero();
  }

  /** Blocks keep batches whatever the schedule; the layers' moments are gone by then. */
  @Test
  void whatLearnsByGradientIsCounted() {
    Plan parallel = Plan.DEFAULT.toBuilder().schedule(Plan.Schedule.PARALLEL).build();
    MemoryEstimate without = quantization().plan(parallel).memory();
    MemoryEstimate estimate =
        quantization().plan(parallel.toBuilder().learn(Plan.Learn.BLOCKS).build()).memory();

    assertThat(estimate.kept()).isEqualTo(2 * 40 * X);
    assertThat(without.byGradient()).isZero();
    assertThat(estimate.byGradient()).isBetween(40 * (X + Y), without.learning());
    assertThat(estimate.total() - without.total())
        .isBetween((long) (1.59 * estimate.kept()), (long) (1.61 * estimate.kept()));
  }

  @Test
  void everyTensorHasABatchInFlight() {
    assertThat(quantization().memory().inFlight()).isEqualTo(2 * 32 * (X + A + A + Y));
    assertThat(quantization().samples(3).memory().inFlight()).isEqualTo(2 * 3 * (X + A + A + Y));
  }

  @Test
  void tooLittleMemoryIsSaidBeforehand() {
    MemoryEstimate estimate = quantization().memory();
    long total = estimate.total();

    assertThat(estimate.warning(total, total)).isEmpty();
    assertThat(estimate.warning(total, total - 1))
        .hasValueSatisfying(warning -> assertThat(warning).contains("the machine has"));
    assertThat(estimate.warning(1 << 20, total))
        .hasValueSatisfying(warning -> assertThat(warning).contains("HALFSTEP_OPTS=-Xmx"));
  }
}
