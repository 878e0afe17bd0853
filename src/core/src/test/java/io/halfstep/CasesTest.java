package io.halfstep;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.plan.Plan;
import io.halfstep.source.BatchReader;
import io.halfstep.source.SampleBatch;
import io.halfstep.statistics.Decibels;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Small networks with a layer in an unusual form: every layer is quantized, and well. */
class CasesTest {
  private static final Path CASES = Path.of("src/core/src/test/resources/cases");
  private static final Options OPTIONS = new Options(1, Optimization.ALL);

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "gemm_bias_MxN_fixed, 40, 34, 20",
    "gemm_bias_Mx1_fixed, 40, 34, 20",
    "gemm_bias_computed, 40, 34, 20",
    "weight_is_output, 40, 34, 20",
    "matmul_w3d_leading1, 40, 34, 20",
    "tied_embedding, 40, 40, 20",
    "fp16_io_fp32_inside, 40, 40, 20"
  })
  void everyLayerIsQuantized(String name, double w8, double w8a8, double w4a8) throws Exception {
    quantized(name, 8, 0, w8);
    quantized(name, 8, 8, w8a8);
    quantized(name, 4, 8, w4a8);
  }

  private void quantized(String name, int weights, int activations, double leastDb)
      throws Exception {
    Path model = CASES.resolve(name).resolve("model.onnx");
    Path file = folder.resolve("w%da%d.onnx".formatted(weights, activations));
    Quantization quantization =
        Quantization.of(model)
            .data(CASES.resolve(name).resolve("in0.npy").toString())
            .plan(Plan.DEFAULT.toBuilder().weightBits(weights).activationBits(activations).build());
    StageGraph graph = quantization.graph();
    assertThat(graph.floatNodes()).extracting(FloatNode::op).isSubsetOf("Gather");
    QuantizedModel quantized = quantization.run();
    assertThat(quantized.network().layers()).hasSameSizeAs(graph.layers());
    quantized.write(file);

    double[] powers = powers(quantization, model, file);
    assertThat(Decibels.of(powers[0], powers[1]))
        .as("%s at W%dA%d, in dB", name, weights, activations)
        .isGreaterThanOrEqualTo(leastDb);
  }

  /** Signal and noise of all outputs. */
  private static double[] powers(Quantization quantization, Path reference, Path file) {
    double[] powers = new double[2];
    try (OnnxProgram teacher = OnnxProgram.load(reference, OPTIONS);
        OnnxProgram student = OnnxProgram.load(file, OPTIONS);
        BatchReader batches = quantization.open().batches(32, Long.MAX_VALUE)) {
      for (SampleBatch batch = batches.next(); batch != null; batch = batches.next()) {
        Map<String, Tensor> found = student.run(batch.inputs());
        teacher.run(batch.inputs()).forEach((name, y) -> add(powers, y, found.get(name)));
      }
    }
    return powers;
  }

  private static void add(double[] powers, Tensor expected, Tensor found) {
    double[] teacher = TensorValues.doubles(expected);
    double[] student = TensorValues.doubles(found);
    assertThat(student).hasSameSizeAs(teacher);
    for (int i = 0; i < teacher.length; i++) {
      powers[0] += teacher[i] * teacher[i];
      powers[1] += (student[i] - teacher[i]) * (student[i] - teacher[i]);
    }
  }
}
