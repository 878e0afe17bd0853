package io.halfstep.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The small networks: quantized as a whole, run in ONNX Runtime, never worse than nearest. */
class ZooTest {
  private static final double AGREEMENT_DB = 60;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "lstm, 2, 1",
    "gru, 2, 1",
    "conv1d, 4, 0",
    "conv3d, 3, 0",
    "two-outputs, 3, 0",
    "tied-weights, 2, 0"
  })
  void architectures(String name, int layers, int floatLayers) throws Exception {
    ZooRun run = new ZooRun(SmallNetworks.write(name, folder), folder);
    for (ZooSetting setting : ZooSetting.values()) {
      ZooResult result = run.measure(setting);
      assertThat(result.layers()).isEqualTo(layers);
      assertThat(result.floatLayers()).isEqualTo(floatLayers);
      good(result, setting == ZooSetting.W8A8 ? 34 : 23);
    }
  }

  static Stream<String> opsets() {
    return SmallNetworks.names().stream().filter(name -> name.startsWith("opset/"));
  }

  @ParameterizedTest
  @MethodSource
  void opsets(String name) throws Exception {
    ZooRun run = new ZooRun(SmallNetworks.write(name, folder), folder);
    ZooResult result = run.measure(ZooSetting.W4A8);
    assertThat(result.layers()).isEqualTo(3);
    assertThat(result.bytes()).isLessThan(result.floatBytes() / 2);
    good(result, 40);
  }

  private static void good(ZooResult result, double leastDb) {
    assertThat(result.db()).isGreaterThan(leastDb).isGreaterThanOrEqualTo(result.nearestDb());
    assertThat(result.agreementDb()).isGreaterThan(AGREEMENT_DB);
  }
}
