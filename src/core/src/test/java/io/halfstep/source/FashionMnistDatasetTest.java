package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bundled data, as the README's command reads them. */
class FashionMnistDatasetTest {
  private static final String CALIBRATION = "src/examples/fashion-mnist/calibration.npz";
  private static final String TEST = "src/examples/fashion-mnist/test.npz";
  private static final InputPort IMAGE =
      new InputPort("image", ElementType.FLOAT, new long[] {-1, 1, 28, 28});

  @Test
  void picksTheImagesAndNormalizesThem() {
    Dataset dataset =
        Dataset.open(
            List.of(CALIBRATION),
            List.of(IMAGE),
            Normalization.parse("mean=0.2860,std=0.3530,scale=255"),
            ImageSpec.DEFAULT);
    double sum = 0;
    double squares = 0;
    long samples = 0;
    float smallest = Float.MAX_VALUE;
    try (BatchReader batches = dataset.batches(100, Dataset.ALL)) {
      for (SampleBatch b = batches.next(); b != null; b = batches.next()) {
        Tensor image = b.input("image");
        assertThat(image.shape()).containsExactly(b.samples(), 1, 28, 28);
        assertThat(b.numbers()[0]).isEqualTo(samples);
        for (float x : image.floats()) {
          sum += x;
          squares += x * x;
          smallest = Math.min(smallest, x);
        }
        samples += b.samples();
      }
    }
    assertThat(samples).isEqualTo(1024);
    assertThat(smallest).isEqualTo((0f / 255 - 0.2860f) / 0.3530f);
    assertThat(sum / (samples * 784)).isCloseTo(0, within(0.03));
    assertThat(squares / (samples * 784)).isCloseTo(1, within(0.05));
    assertThat(dataset.rejections().total()).isZero();
  }

  @Test
  void readsTheLabels() {
    long[] labels = Labels.read(TEST + ":labels");
    assertThat(labels).hasSize(10_000);
    long[] perClass = new long[10];
    for (long label : labels) {
      perClass[(int) label]++;
    }
    assertThat(perClass).containsOnly(1000);
  }
}
