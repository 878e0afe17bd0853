package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.http.Feeding;
import io.halfstep.http.InferenceRequest;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;

/** A network that is quantized quickly, with its samples and results. Thread-safe. */
final class TinyNetwork {
  static final String PLAN = "batch = 8\n";
  private static final int PIXELS = 4 * 6 * 6;

  private final Path folder;
  private final Path model;
  private final Path plan;
  private final Map<List<Long>, byte[]> quantized = new HashMap<>();

  TinyNetwork(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.model = folder.resolve("tiny.onnx");
    this.plan = Files.writeString(folder.resolve("plan.conf"), PLAN);
    OnnxGraphs.opset(13)
        .input("x", -1, 4, 6, 6)
        .weight("w", 5, 4, 3, 3)
        .node("Conv", "a", List.of("x", "w"))
        .node("Relu", "r", List.of("a"))
        .weight("v", 3, 5, 3, 3)
        .node("Conv", "y", List.of("r", "v"))
        .output("y")
        .write(model);
  }

  byte[] model() throws IOException {
    return Files.readAllBytes(model);
  }

  private static Tensor samples(List<Long> numbers) {
    float[] values = new float[numbers.size() * PIXELS];
    for (int i = 0; i < numbers.size(); i++) {
      Random random = new Random(numbers.get(i));
      for (int k = 0; k < PIXELS; k++) {
        values[i * PIXELS + k] = (float) random.nextGaussian();
      }
    }
    return Tensor.of(ElementType.FLOAT, values, new long[] {numbers.size(), 4, 6, 6});
  }

  /** Returns samples as a request of {@code halfstep feed}. */
  static InferenceRequest.Binary request(String producer, long from, int count) {
    return new InferenceRequest(
            null,
            Feeding.parameters(producer, from),
            List.of(
                new NamedTensor(
                    "x", samples(LongStream.range(from, from + count).boxed().toList()))))
        .toBinary();
  }

  /**
   * Returns the model that {@code halfstep quantize} computes from the samples with these numbers.
   */
  synchronized byte[] quantized(List<Long> numbers) throws IOException, InterruptedException {
    byte[] known = quantized.get(numbers);
    if (known == null) {
      Path data = NpyFiles.write(folder.resolve("samples.npy"), samples(numbers));
      Path out = folder.resolve("quantized.onnx");
      Quantization.of(model)
          .data(data.toString())
          .data(PlanFile.read(plan, Plan.DEFAULT).data())
          .run()
          .write(out);
      known = Files.readAllBytes(out);
      quantized.put(numbers, known);
    }
    return known;
  }
}
