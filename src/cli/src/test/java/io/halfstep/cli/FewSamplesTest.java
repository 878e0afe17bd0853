package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FewSamplesTest {
  private static final int K = 64;

  private final Path folder;
  private final Path model;

  FewSamplesTest(@TempDir Path folder) {
    this.folder = folder;
    this.model = folder.resolve("model.onnx");
    OnnxGraphs.opset(17)
        .input("x", -1, K)
        .weight("w", K, 3)
        .node("MatMul", "y", List.of("x", "w"))
        .output("y")
        .write(model);
  }

  @Test
  void fewerSamplesThanWeightsPerOutputAreSaid() throws IOException {
    assertThat(notes(K - 1))
        .isEqualTo(
            "[\"1 layer has fewer input vectors than weights per output, y (63 for 64): the"
                + " rounding may fit these samples only; use more\"]");
    assertThat(notes(K)).isEqualTo("[]");
    assertThat(notes(K - 1, "--rounding", "nearest")).isEqualTo("[]");
  }

  @Test
  void veryFewSamplesAreSaid() throws IOException {
    assertThat(notes(1, "--rounding", "nearest")).contains("only 1 sample: ranges");
  }

  private String notes(int samples, String... more) throws IOException {
    float[] values = new float[samples * K];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Path data = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, samples, K));
    Object[] args = {
      "quantize", model, "--data", data, "--json", "--quiet", "--out", folder.resolve("out.onnx")
    };
    Object[] all = new Object[args.length + more.length];
    System.arraycopy(args, 0, all, 0, args.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    CommandLineRun run = CommandLineRun.of(all);
    assertThat(run.err()).isEmpty();
    return new ObjectMapper().readTree(run.lastLine()).get("notes").toString();
  }
}
