package io.halfstep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.network.QuantizedLayer;
import io.halfstep.plan.Plan;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Labels;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The accuracy of the bundled networks after the whole pipeline, with a quarter of the calibration
 * images and a fifth of the test set. {@code src/bench/accuracy.sh} uses all.
 */
class AccuracyTest {
  private static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");
  private static final Path RESNET = EXAMPLES.resolve("resnet14.onnx");
  private static final String NORMALIZATION = "mean=0.2860,std=0.3530,scale=255";
  private static final long SAMPLES = 256;
  private static final long FEW_SAMPLES = 64;
  private static final long TEST_SAMPLES = 2000;
  private static final int BATCH = 100;
  private static final Plan WEIGHTS_ONLY = Plan.DEFAULT.toBuilder().activationBits(0).build();

  private static double floatTop1;

  @TempDir Path folder;

  @BeforeAll
  static void measureTheFloatModel() {
    floatTop1 = top1(RESNET);
  }

  @Test
  void fourBitsCostHardlyAnyAccuracy() throws Exception {
    QuantizedModel quantized = quantize(RESNET, SAMPLES, WEIGHTS_ONLY);

    assertThat(
            quantized.network().layers().stream()
                .mapToDouble(QuantizedLayer::ratio)
                .average()
                .orElseThrow())
        .isLessThanOrEqualTo(0.335);
    assertThat(top1(write(quantized))).isGreaterThanOrEqualTo(floatTop1 - 0.6);
  }

  @Test
  void learningEveryLayerAtOnceKeepsNothing() throws Exception {
    QuantizedModel quantized =
        run(
            RESNET,
            WEIGHTS_ONLY.toBuilder().schedule(Plan.Schedule.PARALLEL).build(),
            SAMPLES,
            ResourceSettings.NONE.withMemory(16));

    assertThat(quantized.spooledBytes()).isZero();
    assertThat(top1(write(quantized))).isGreaterThanOrEqualTo(floatTop1 - 0.8);
  }

  @Test
  void atThreeBitsNearestRoundingFallsFarBehind() throws Exception {
    Plan learned = WEIGHTS_ONLY.toBuilder().weightBits(3).build();
    Plan nearest = learned.toBuilder().rounding(RoundingMethod.NEAREST).build();

    assertThat(top1(write(quantize(RESNET, SAMPLES, learned))))
        .isGreaterThanOrEqualTo(top1(write(quantize(RESNET, SAMPLES, nearest))) + 5);
  }

  @Test
  void twoBitsStillRecognizeMost() throws Exception {
    Plan plan = WEIGHTS_ONLY.toBuilder().weightBits(2).build();

    assertThat(top1(write(quantize(RESNET, SAMPLES, plan)))).isGreaterThanOrEqualTo(90);
  }

  /**
   * The actors' student and the exported file make the same errors, so they are the same network.
   */
  @ParameterizedTest
  @CsvSource({"resnet14, 0", "resnet14, 8", "mobilenetv2, 0", "mobilenetv2, 8"})
  void theExportedModelErrsAsTheStudentDid(String name, int activationBits) throws Exception {
    Path model = EXAMPLES.resolve(name + ".onnx");
    Plan plan = Plan.DEFAULT.toBuilder().activationBits(activationBits).build();
    QuantizedModel quantized = quantize(model, FEW_SAMPLES, plan);

    assertThat(sqnrDb(model, write(quantized)))
        .isCloseTo(quantized.network().outputSqnrDb().get("logits"), within(0.05));
  }

  private static QuantizedModel quantize(Path model, long samples, Plan plan)
      throws InterruptedException {
    return run(model, plan, samples, ResourceSettings.NONE);
  }

  private static QuantizedModel run(Path model, Plan plan, long samples, ResourceSettings resources)
      throws InterruptedException {
    return Quantization.of(model)
        .data(EXAMPLES + "/calibration.npz:images")
        .normalize(NORMALIZATION)
        .samples(samples)
        .resources(resources)
        .plan(plan)
        .run();
  }

  private Path write(QuantizedModel quantized) {
    Path file = folder.resolve("quantized.onnx");
    quantized.write(file);
    return file;
  }

  /** The top-1 accuracy of a model in ONNX Runtime on the first test images, in percent. */
  private static double top1(Path model) {
    long[] labels = Labels.read(EXAMPLES + "/test.npz:labels");
    int[] correct = {0};
    try (OnnxProgram program = load(model)) {
      forEachBatch(
          "test.npz:images",
          TEST_SAMPLES,
          batch -> {
            float[] logits = program.run(batch.inputs(), "logits").floats();
            int classes = logits.length / batch.samples();
            for (int i = 0; i < batch.samples(); i++) {
              if (greatest(logits, i * classes, classes)
                  == labels[Math.toIntExact(batch.numbers()[i])]) {
                correct[0]++;
              }
            }
          });
    }
    return 100.0 * correct[0] / TEST_SAMPLES;
  }

  private static int greatest(float[] values, int start, int length) {
    int best = 0;
    for (int i = 1; i < length; i++) {
      if (values[start + i] > values[start + best]) {
        best = i;
      }
    }
    return best;
  }

  /**
   * The SQNR of a model's logits against another model's, in dB, on the calibration images that are
   * held back: every eighth.
   */
  private static double sqnrDb(Path reference, Path model) {
    double[] energies = new double[2];
    try (OnnxProgram teacher = load(reference);
        OnnxProgram student = load(model)) {
      forEachBatch(
          "calibration.npz:images",
          FEW_SAMPLES,
          batch -> {
            float[] expected = teacher.run(batch.inputs(), "logits").floats();
            float[] found = student.run(batch.inputs(), "logits").floats();
            int classes = expected.length / batch.samples();
            for (int i = 0; i < expected.length; i++) {
              if (batch.numbers()[i / classes] % 8 != 7) {
                continue;
              }
              double error = (double) expected[i] - found[i];
              energies[0] += (double) expected[i] * expected[i];
              energies[1] += error * error;
            }
          });
    }
    return 10 * Math.log10(energies[0] / energies[1]);
  }

  private static OnnxProgram load(Path model) {
    return OnnxProgram.load(model, new OnnxProgram.Options(2, Optimization.ALL));
  }

  private static void forEachBatch(String data, long samples, Consumer<SampleBatch> consumer) {
    try (BatchReader batches =
        Quantization.of(RESNET)
            .data(EXAMPLES + "/" + data)
            .normalize(NORMALIZATION)
            .open()
            .batches(BATCH, samples)) {
      for (SampleBatch batch = batches.next(); batch != null; batch = batches.next()) {
        consumer.accept(batch);
      }
    }
  }
}
