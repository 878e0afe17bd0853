package io.halfstep;

import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quantization with {@code --data synthetic}. */
class SyntheticDataTest {
  private final Path folder;
  private final Path model;

  SyntheticDataTest(@TempDir Path folder) {
    this.folder = folder;
    this.model =
        OnnxGraphs.opset(17)
            .input("x", -1, 3, 8, 8)
            .weight("aw", 8, 3, 3, 3)
            .node("Conv", "a", List.of("x", "aw"), ints("pads", 1, 1, 1, 1))
            .batchNorm("an", "a", 8)
            .node("Relu", "ar", List.of("an"))
            .weight("bw", 6, 8, 1, 1)
            .node("Conv", "b", List.of("ar", "bw"))
            .batchNorm("bn", "b", 6)
            .output("bn")
            .write(folder.resolve("model.onnx"));
  }

  private Quantization quantization(String data) {
    return Quantization.of(model).data(data);
  }

  private byte[] bytes(int threads) throws Exception {
    Path file = folder.resolve("quantized.onnx");
    quantization("synthetic:40")
        .resources(ResourceSettings.NONE.withThreads(threads))
        .run()
        .write(file);
    return Files.readAllBytes(file);
  }

  @Test
  void theyAreUsedAsSamplesAre() throws Exception {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .rounding(RoundingMethod.LATTICE_SAMPLES)
            .biasCorrection(BiasCorrection.EMPIRICAL)
            .build();
    QuantizedNetwork network = quantization("synthetic:40").plan(plan).run().network();
    assertThat(network.samples()).isEqualTo(40);
    assertThat(network.heldBack()).isEqualTo(5);
    assertThat(network.activations()).containsOnlyKeys("x", "ar");
    assertThat(network.layers())
        .hasSize(2)
        .allMatch(layer -> layer.ratio() < 1 && layer.sqnrDb() > 10);
  }

  @Test
  void theResultIsTheSameWithOneThreadAndTwo() throws Exception {
    assertThat(bytes(1)).isEqualTo(bytes(2));
  }

  @Test
  void theyAreMadeOnceWithProgressAndAWarning() throws Exception {
    Set<String> passes = ConcurrentHashMap.newKeySet();
    Quantization quantization =
        quantization("synthetic:4")
            .normalize("mean=0.5,std=0.25")
            .onProgress(progress -> passes.add(progress.pass()));
    assertThatThrownBy(quantization::warnings).hasMessageContaining("data synthetic:4");
    assertThat(quantization.synthesize().warnings())
        .anyMatch(warning -> warning.startsWith("the samples are synthetic"));
    assertThat(passes).containsExactly("synthesize");
    passes.clear();
    quantization.run();
    assertThat(passes).isNotEmpty().doesNotContain("synthesize");
  }

  @Test
  void settingsForFilesAreRefused() {
    assertThatThrownBy(
            () ->
                quantization("synthetic")
                    .data(DataSettings.NONE.withImage("crop=224"))
                    .synthesize())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("image is not for synthetic samples; leave it out");
  }
}
