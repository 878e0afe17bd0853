package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of {@code --learn} before and after a run. */
class LearningCommandTest {
  private static final int SAMPLES = 32;

  @TempDir private Path folder;
  private Path model = Path.of("");
  private Path samples = Path.of("");

  @BeforeEach
  void write() throws IOException {
    model =
        OnnxGraphs.opset(17)
            .input("x", -1, 4, 6, 6)
            .weight("w", 5, 4, 3, 3)
            .node("Conv", "a", List.of("x", "w"))
            .node("Relu", "r", List.of("a"))
            .weight("v", 3, 5, 3, 3)
            .node("Conv", "y", List.of("r", "v"))
            .output("y")
            .write(folder.resolve("model.onnx"));
    Random random = new Random(1);
    float[] values = new float[SAMPLES * 144];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    samples = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, SAMPLES, 4, 6, 6));
  }

  private CommandLineRun quantize(Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("quantize", model, "--data", samples, "--out", folder.resolve("out.onnx")));
    arguments.addAll(List.of("--weights", 2, "--activations", 4, "--effort", "fast"));
    arguments.addAll(List.of(more));
    return CommandLineRun.of(arguments.toArray());
  }

  @Test
  void timeAndMemoryBeforehandAndErrorsAfterwards() {
    CommandLineRun run = quantize("--learn", "network", "--report", folder.resolve("r.html"));

    assertThat(run.exitCode()).isZero();
    assertThat(run.err())
        .containsPattern("learn: 1 block, then the whole network: about 0:00, [0-9.]+ [kM]B\n");
    assertThat(run.out())
        .containsPattern("block +layers learned  SQNR dB before +after\n")
        .containsPattern("\na +\\d +-?\\d+\\.\\d +\\d+\\.\\d\n")
        .containsPattern("\nthe whole network +\\d +\\d+\\.\\d +\\d+\\.\\d\n")
        .contains("in the result");
    assertThat(folder.resolve("r.html")).content().contains("<h2>Learned by gradient</h2>");
  }

  @Test
  void withoutLearningNothingIsSaid() {
    CommandLineRun run = quantize();

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).doesNotContain("learn: ");
    assertThat(run.out()).doesNotContain("learned");
  }

  @Test
  void scriptsSeeTheErrorOfEachBlock() throws IOException {
    CommandLineRun run = quantize("--learn", "blocks", "--json");
    JsonNode blocks = new ObjectMapper().readTree(run.lastLine()).get("blocks");

    assertThat(blocks).hasSize(1);
    JsonNode block = blocks.get(0);
    assertThat(block.get("name").asText()).isEqualTo("a");
    assertThat(block.get("pass").asText()).isEqualTo("blocks");
    assertThat(block.get("layers").toString()).isEqualTo("[\"a\",\"y\"]");
    assertThat(block.get("error_after").asDouble())
        .isPositive()
        .isLessThan(block.get("error_before").asDouble());
  }

  @Test
  void inspectTellsTimeAndMemory() throws IOException {
    assertThat(CommandLineRun.of("inspect", model, "--data", samples, "--learn", "blocks").out())
        .contains(" and then by gradient ")
        .containsPattern("learn: 1 block: about 0:00, [0-9.]+ [kM]B\n");
    JsonNode json = inspect("--learn", "network");
    assertThat(json.at("/memory/gradient").asLong()).isPositive();
    assertThat(json.at("/learn/blocks").asInt()).isEqualTo(1);
    assertThat(json.at("/learn/network").asBoolean()).isTrue();
    assertThat(json.at("/learn/thread_seconds").asDouble()).isPositive();
    assertThat(inspect("--learn", "off").get("learn").isNull()).isTrue();
  }

  private JsonNode inspect(String option, String value) throws IOException {
    return new ObjectMapper()
        .readTree(
            CommandLineRun.of("inspect", model, "--data", samples, option, value, "--json").out());
  }
}
