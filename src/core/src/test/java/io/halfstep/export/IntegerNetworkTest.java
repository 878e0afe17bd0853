package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Quantize;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks whose activations are all quantized run in ONNX Runtime's integer kernels. */
class IntegerNetworkTest {
  private static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");

  @TempDir Path folder;

  private List<NodeProto> optimized(String name, Quantize quantize) throws Exception {
    QuantizedModel quantized =
        Quantization.of(EXAMPLES.resolve(name + ".onnx"))
            .data(EXAMPLES + "/calibration.npz:images")
            .normalize("mean=0.2860,std=0.3530,scale=255")
            .samples(32)
            .plan(
                Plan.DEFAULT.toBuilder()
                    .weightBits(8)
                    .quantize(quantize)
                    .schedule(Plan.Schedule.PARALLEL)
                    .build())
            .run();
    Path file = folder.resolve("quantized.onnx");
    quantized.write(file);
    return OptimizedModel.of(file, folder.resolve("optimized.onnx"));
  }

  private static double integerShare(List<NodeProto> nodes) {
    return (double) nodes.stream().filter(OptimizedModel::isInteger).count() / nodes.size();
  }

  /**
   * The input is quantized and the logits are dequantized. ONNX Runtime has no integer kernel for
   * the average over an image that the model has as ReduceMean.
   */
  @Test
  void fromEndToEnd() throws Exception {
    List<NodeProto> nodes = optimized("resnet14", Quantize.ALL);

    assertThat(nodes.stream().filter(node -> !OptimizedModel.isInteger(node)))
        .extracting(NodeProto::getOpType)
        .containsExactly(
            "QuantizeLinear",
            "DequantizeLinear",
            "ReduceMean",
            "QuantizeLinear",
            "DequantizeLinear");
  }

  /** But for layers of 24 and 56 channels, which kernels for AMX compute wrongly. */
  @Test
  void mostOfMobileNetToo() throws Exception {
    assertThat(integerShare(optimized("mobilenetv2", Quantize.ALL))).isGreaterThan(0.6);
  }

  @Test
  void otherwiseMostNodesConvert() throws Exception {
    assertThat(integerShare(optimized("resnet14", Quantize.LAYERS))).isLessThan(0.5);
  }
}
