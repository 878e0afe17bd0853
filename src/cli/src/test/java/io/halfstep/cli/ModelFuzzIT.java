package io.halfstep.cli;

import static java.util.concurrent.TimeUnit.HOURS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.halfstep.model.OnnxGraphs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Truncated and corrupted models. Each is quantized or ends with one line and exit code 1 or 2.
 *
 * <p>The long form: {@code ./mvnw test -Dtest=ModelFuzzIT -Dfuzz.rounds=2000 -Dfuzz.seed=1}.
 */
@Timeout(value = 1, unit = HOURS)
class ModelFuzzIT {
  private static final Duration LONGEST = Duration.ofMinutes(1);
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 25);
  private static final long SEED = Long.getLong("fuzz.seed", 0);
  private static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");

  private final Path folder;

  ModelFuzzIT(@TempDir Path folder) {
    this.folder = folder;
  }

  private CommandLineRun quantize(byte[] model, int round) throws IOException {
    Path file = Files.write(folder.resolve("model.onnx"), model);
    Path out = folder.resolve("out.onnx");
    CommandLineRun run =
        assertTimeoutPreemptively(
            LONGEST,
            () ->
                CommandLineRun.of(
                    "quantize",
                    file,
                    "--data",
                    EXAMPLES.resolve("calibration.npz"),
                    "--samples",
                    4,
                    "--memory",
                    1,
                    "--rounding",
                    "nearest",
                    "--spool-dir",
                    folder,
                    "--quiet",
                    "--out",
                    out),
            "seed %d, round %d hangs".formatted(SEED, round));
    String which = "seed %d, round %d: %s".formatted(SEED, round, run);
    if (run.exitCode() == 0) {
      assertThat(out).as(which).isNotEmptyFile();
    } else {
      assertThat(run.exitCode()).as(which).isIn(1, 2);
      assertThat(run.err()).as(which).startsWith("halfstep: ").hasLineCount(1);
      assertThat(out).as(which).doesNotExist();
    }
    Files.deleteIfExists(out);
    Files.delete(file);
    assertThat(folder).as(which).isEmptyDirectory();
    if (Boolean.getBoolean("fuzz.print")) {
      System.out.println(round + " " + run.exitCode() + " " + run.err().strip());
    }
    return run;
  }

  @Test
  void aSmallModelCutAnywhere() throws IOException {
    byte[] whole = small();
    for (int length = 0; length < whole.length; length += 1 + whole.length / ROUNDS) {
      assertThat(quantize(Arrays.copyOf(whole, length), length).exitCode()).isEqualTo(2);
    }
  }

  @Test
  void smallModelsWithBytesFlipped() throws IOException {
    flip(small(), ROUNDS, 5);
  }

  @Test
  void aRealModelWithBytesFlipped() throws IOException {
    flip(Files.readAllBytes(EXAMPLES.resolve("resnet14.onnx")), ROUNDS / 4, 2000);
  }

  @Test
  void smallModelsWithFieldsChanged() throws IOException {
    for (int round = 0; round < 2 * ROUNDS; round++) {
      quantize(new ModelMutation(SEED * 1_000_003 + round).of(small()), round);
    }
  }

  private void flip(byte[] whole, int rounds, int most) throws IOException {
    for (int round = 0; round < rounds; round++) {
      Random random = new Random(SEED * 1_000_003 + round);
      byte[] model = whole.clone();
      for (int n = 1 + random.nextInt(most); n > 0; n--) {
        model[random.nextInt(model.length)] ^= (byte) (1 << random.nextInt(8));
      }
      quantize(model, round);
    }
  }

  /** Returns a model with attributes, constants, shapes and bodies. */
  private static byte[] small() {
    return OnnxGraphs.opset(13)
        .input("x", -1, 1, 28, 28)
        .weight("w1", 2, 1, 3, 3)
        .weight("b1", 2)
        .node(
            "Conv",
            "c1",
            List.of("x", "w1", "b1"),
            OnnxGraphs.ints("pads", 1, 1, 1, 1),
            OnnxGraphs.ints("strides", 2, 2),
            OnnxGraphs.ints("dilations", 1, 1),
            OnnxGraphs.integer("group", 1))
        .batchNorm("n1", "c1", 2)
        .node("Relu", "r1", List.of("n1"))
        .weight("w2", 2, 1, 2, 2)
        .node(
            "ConvTranspose",
            "c2",
            List.of("r1", "w2"),
            OnnxGraphs.ints("strides", 2, 2),
            OnnxGraphs.text("auto_pad", "NOTSET"))
        .node("MaxPool", "p", List.of("c2"), OnnxGraphs.ints("kernel_shape", 4, 4))
        .integers("shape", 0, -1)
        .node("Identity", "shape2", List.of("shape"))
        .node("Reshape", "f", List.of("p", "shape2"))
        .weight("w3", 3, 625)
        .weight("b3", 1, 3)
        .node(
            "Gemm",
            "y",
            List.of("f", "w3", "b3"),
            OnnxGraphs.integer("transB", 1),
            OnnxGraphs.real("beta", 0.5f))
        .output("y")
        .proto()
        .toByteArray();
  }
}
