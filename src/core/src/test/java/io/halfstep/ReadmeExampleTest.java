package io.halfstep;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's example, on the bundled model. */
class ReadmeExampleTest {
  @Test
  void quantizesFromJava(@TempDir Path directory) throws Exception {
    Path examples = Path.of("src/examples/fashion-mnist");
    QuantizedModel quantized =
        Quantization.of(examples.resolve("resnet14.onnx"))
            .data(examples.resolve("calibration.npz").toString())
            .normalize("mean=0.2860,std=0.3530,scale=255")
            .plan(Plan.DEFAULT.toBuilder().weightBits(3).build())
            .samples(64)
            .run();
    Path out = directory.resolve("model.int3.onnx");
    quantized.write(out);
    assertThat(quantized.network().layers()).hasSize(16).allMatch(layer -> layer.ratio() < 1);
    assertThat(Files.size(out)).isLessThan(716_740 / 5);
  }
}
