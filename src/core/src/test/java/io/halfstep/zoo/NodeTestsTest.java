package io.halfstep.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;
import io.halfstep.statistics.Decibels;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ONNX's tests of its operators, against the outputs that ONNX expects of the float operator. */
class NodeTestsTest {
  @TempDir Path folder;

  @Test
  void everyLayerIsQuantizedAndComputesWhatOnnxExpects() throws Exception {
    List<String> names = NodeTests.names();
    assumeFalse(names.isEmpty(), "libonnx-testdata is not installed");
    assertThat(names).hasSizeGreaterThan(25).contains("test_matmul_3d", "test_matmul_4d");
    for (String name : names) {
      ZooNetwork network = NodeTests.write(name, folder.resolve(name));
      good(network, ZooSetting.W8A8, 34);
      good(network, ZooSetting.W4A8, 20);
    }
  }

  private void good(ZooNetwork network, ZooSetting setting, double leastDb) throws Exception {
    String label = network.name() + " at " + setting;
    Path file = folder.resolve("quantized.onnx");
    QuantizedModel quantized =
        Quantization.of(network.model())
            .data(network.calibration().toString())
            .plan(setting.plan().build())
            .run();
    assertThat(quantized.network().layers()).as(label).hasSize(1);
    assertThat(quantized.write(file).outputs())
        .as(label)
        .allSatisfy(output -> assertThat(output.agreementDb()).isGreaterThan(60));
    try (OnnxProgram program = OnnxProgram.load(file, Options.DEFAULT)) {
      Tensor expected = NodeTests.expected(network.name());
      Tensor found = program.run(NodeTests.inputs(network.name()), program.outputNames().get(0));
      assertThat(found.shape()).as(label).isEqualTo(expected.shape());
      assertThat(sqnrDb(expected.floats(), found.floats())).as(label).isGreaterThan(leastDb);
    }
  }

  private static double sqnrDb(float[] expected, float[] found) {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < expected.length; i++) {
      signal += (double) expected[i] * expected[i];
      noise += ((double) found[i] - expected[i]) * (found[i] - expected[i]);
    }
    return Decibels.of(signal, noise);
  }
}
