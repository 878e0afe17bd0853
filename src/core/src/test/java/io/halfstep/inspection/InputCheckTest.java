package io.halfstep.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.calibration.Datasets;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.DataSettings;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputCheckTest {
  private static final Tensor TWO = Tensor.of(new float[] {2}, 1);

  private final Path folder;

  InputCheckTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void pixelsBeforeALayerAreDoubted() {
    Model model = network().node("Conv", "y", List.of("x", "w")).output("y").model();

    assertThat(warnings(model, pixels(1f)))
        .singleElement()
        .asString()
        .contains("input 'x'", "whole numbers from 0 to 255", "normalize mean=");
    assertThat(warnings(model, pixels(1f / 255f))).isEmpty();
  }

  @Test
  void aNetworkThatNormalizesIsNotDoubted() {
    Model model =
        network()
            .initializer("two", TWO)
            .node("Div", "scaled", List.of("x", "two"))
            .node("Conv", "y", List.of("scaled", "w"))
            .output("y")
            .model();

    assertThat(warnings(model, pixels(1f))).isEmpty();
  }

  @Test
  void batchNormKnowsWhatItWasTrainedOn() {
    assertThat(warnings(normalized(1f), pixels(1f)))
        .singleElement()
        .asString()
        .contains("batch norm 'y'", "times as far from its mean", "scale=255");
    assertThat(warnings(normalized(1f), pixels(1f / 255f))).isEmpty();
    assertThat(warnings(normalized(255f * 255f), pixels(1f))).isEmpty();
  }

  /** A batch norm with this variance behind the first layer. */
  private static Model normalized(float variance) {
    return network()
        .positive("gamma", 4)
        .positive("beta", 4)
        .initializer("mean", Tensor.of(new float[4], 4))
        .initializer("var", Tensor.of(new float[] {variance, variance, variance, variance}, 4))
        .node("Conv", "c", List.of("x", "w"))
        .node("BatchNormalization", "y", List.of("c", "gamma", "beta", "mean", "var"))
        .output("y")
        .model();
  }

  private static OnnxGraphs network() {
    return OnnxGraphs.opset(17).input("x", -1, 3, 4, 4).weight("w", 4, 3, 1, 1);
  }

  private Path pixels(float scale) {
    float[] values = new float[5 * 3 * 4 * 4];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextInt(256) * scale;
    }
    return NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, 5, 3, 4, 4));
  }

  private static List<String> warnings(Model model, Path data) {
    DataSettings settings = DataSettings.NONE.withFiles(List.of(data.toString()));
    return InputCheck.warnings(model, Datasets.open(settings, model), false);
  }
}
