package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.Quantization;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products of two activations in integers, beside the layers. */
class ProductsTest {
  private static final int WIDTH = 12;
  private static final Set<String> FLOAT = Set.of("MatMul", "FusedMatMul");

  @TempDir Path folder;

  /** An attention head. */
  private static OnnxGraphs attention() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 5, WIDTH)
        .weight("wq", WIDTH, 8)
        .node("MatMul", "q", List.of("x", "wq"))
        .weight("wk", WIDTH, 8)
        .node("MatMul", "k", List.of("x", "wk"))
        .node("Transpose", "kt", List.of("k"), OnnxGraphs.ints("perm", 0, 2, 1))
        .node("MatMul", "scores", List.of("q", "kt"))
        .node("Softmax", "p", List.of("scores"), OnnxGraphs.integer("axis", -1))
        .weight("wv", WIDTH, 8)
        .node("MatMul", "v", List.of("x", "wv"))
        .node("MatMul", "mixed", List.of("p", "v"))
        .weight("wo", 8, WIDTH)
        .node("MatMul", "o", List.of("mixed", "wo"))
        .node("Add", "y", List.of("o", "x"))
        .output("y");
  }

  private QuantizedNetwork run(Quantize quantize, Schedule schedule) throws Exception {
    Random random = new Random(3);
    float[] values = new float[64 * 5 * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Path samples = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, 64, 5, WIDTH));
    return Quantization.of(attention().write(folder.resolve("model.onnx")))
        .data(samples.toString())
        .plan(Plan.DEFAULT.toBuilder().weightBits(8).quantize(quantize).schedule(schedule).build())
        .run()
        .network();
  }

  @ParameterizedTest
  @EnumSource
  void onnxRuntimeComputesWhatTheStudentDid(Schedule schedule) throws Exception {
    QuantizedNetwork network = run(Quantize.PRODUCTS, schedule);
    assertThat(network.activations()).containsOnlyKeys("x", "q", "kt", "p", "v", "mixed");
    assertThat(network.activations().get("p").scale(0)).isEqualTo(1 / 255f);
    assertThat(network.floatNodes()).isEmpty();
    Student.computesTheSame(network, QdqModel.of(network));
  }

  @Test
  void theRuntimeMultipliesIntegers() throws Exception {
    assertThat(products(Quantize.PRODUCTS)).hasSize(6).noneMatch(FLOAT::contains);
    assertThat(products(Quantize.LAYERS)).filteredOn(FLOAT::contains).hasSize(2);
  }

  private List<String> products(Quantize quantize) throws Exception {
    ModelProto exported = QdqModel.of(run(quantize, Schedule.PARALLEL));
    Path file = Files.write(folder.resolve("quantized.onnx"), exported.toByteArray());
    return OptimizedModel.of(file, folder.resolve("optimized.onnx")).stream()
        .map(NodeProto::getOpType)
        .filter(op -> op.contains("MatMul"))
        .toList();
  }
}
