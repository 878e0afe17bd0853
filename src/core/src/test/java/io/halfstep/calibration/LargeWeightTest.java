package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;
import io.halfstep.export.ExportSummary;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.model.TensorTypes;
import io.halfstep.plan.Plan;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A weight of 1.5 MB, whose real values are made on demand. */
class LargeWeightTest {
  @TempDir private Path folder;

  private Path model() {
    return OnnxGraphs.opset(21)
        .input("x", -1, 256)
        .weight("w", 256, 1500)
        .node("MatMul", "a", List.of("x", "w"))
        .node("Relu", "r", List.of("a"))
        .weight("v", 1500, 4)
        .node("MatMul", "y", List.of("r", "v"))
        .output("y")
        .write(folder.resolve("model.onnx"));
  }

  @Test
  void theStudentComputesWithTheIntegersThatAreWritten() throws Exception {
    Random random = new Random(1);
    float[] values = new float[64 * 256];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Path data = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, 64, 256));

    QuantizedModel quantized =
        Quantization.of(model())
            .data(data.toString())
            .plan(Plan.DEFAULT.toBuilder().weightBits(3).activationBits(0).build())
            .run();
    ExportSummary written = quantized.write(folder.resolve("quantized.onnx"));

    assertThat(written.outputs())
        .singleElement()
        .satisfies(
            output -> {
              assertThat(output.studentDb()).isBetween(3.0, 40.0);
              assertThat(output.agreementDb()).isGreaterThan(90);
            });
  }

  @Test
  void shapesAreInferredWithoutItsValues() {
    Model model = Model.read(model());

    assertThat(TensorTypes.infer(TensorTypes.forOneSample(model), List.of("a")))
        .containsOnlyKeys("x", "a", "y")
        .hasEntrySatisfying("a", a -> assertThat(a.shape()).containsExactly(1L, 1500L))
        .hasEntrySatisfying("y", y -> assertThat(y.shape()).containsExactly(1L, 4L));
  }
}
