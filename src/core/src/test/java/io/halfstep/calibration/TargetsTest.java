package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.halfstep.export.QdqExport;
import io.halfstep.graph.StageGraph;
import io.halfstep.network.SaturatingLayers;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Target;
import io.halfstep.source.SampleBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each target finds in its file. */
class TargetsTest {
  private static final StageGraph GRAPH = StageGraph.of(Networks.residual().model());
  private static final List<SampleBatch> DATA = Runs.noise("x", 4, 8, 4, 8, 8);

  @TempDir Path folder;

  private ModelProto model(Target target) throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().target(target).schedule(Plan.Schedule.PARALLEL).build();
    Path file = folder.resolve("out.onnx");
    QdqExport.write(Runs.run(Runs.request(GRAPH, plan, DATA)).network(), file);
    return ModelProto.parseFrom(Files.readAllBytes(file));
  }

  /** The zero points that nodes of an operator read, of activations or of constants. */
  private static List<TensorProto> zeroPoints(ModelProto model, String op) {
    Map<String, TensorProto> constants =
        model.getGraph().getInitializerList().stream()
            .collect(Collectors.toMap(TensorProto::getName, Function.identity()));
    return model.getGraph().getNodeList().stream()
        .filter(node -> node.getOpType().equals(op) && node.getInputCount() > 2)
        .filter(node -> op.equals("QuantizeLinear") || constants.containsKey(node.getInput(0)))
        .map(node -> constants.get(node.getInput(2)))
        .toList();
  }

  private static boolean isZero(TensorProto zeroPoint) {
    for (byte b : zeroPoint.getRawData().toByteArray()) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  @Test
  void tensorRtHasSignedBytesAndNoZeroPoints() throws Exception {
    ModelProto model = model(Target.TENSORRT);

    for (String op : List.of("QuantizeLinear", "DequantizeLinear")) {
      assertThat(zeroPoints(model, op))
          .isNotEmpty()
          .allMatch(TargetsTest::isZero)
          .allMatch(zero -> zero.getDataType() == DataType.INT8.getNumber());
    }
  }

  @Test
  void qnnHasUnsignedActivationsEverywhere() throws Exception {
    ModelProto model = model(Target.QNN);

    assertThat(zeroPoints(model, "QuantizeLinear"))
        .hasSize(7) // x, ar, b, sr, cr, d, y
        .allMatch(zero -> zero.getDataType() == DataType.UINT8.getNumber());
    assertThat(zeroPoints(model, "DequantizeLinear"))
        .isNotEmpty()
        .allMatch(TargetsTest::isZero)
        .allMatch(zero -> zero.getDataType() == DataType.INT8.getNumber());
  }

  @Test
  void avx2HasSignedWeightsThatDoNotSaturate() throws Exception {
    ModelProto model = model(Target.ONNXRUNTIME_CPU_AVX2);

    assertThat(zeroPoints(model, "DequantizeLinear"))
        .isNotEmpty()
        .allMatch(zero -> zero.getDataType() == DataType.INT8.getNumber());
    assertThat(SaturatingLayers.of(model)).isEmpty();
    assertThat(model.getGraph().getInitializerList())
        .filteredOn(constant -> constant.getName().endsWith("_quantized"))
        .anyMatch(TargetsTest::isBeyond7Bits);
  }

  private static boolean isBeyond7Bits(TensorProto weight) {
    for (byte q : weight.getRawData().toByteArray()) {
      if (q > 64 || q < -64) {
        return true;
      }
    }
    return false;
  }

  @Test
  void weightOnlyHasFloatActivations() throws Exception {
    assertThat(model(Target.WEIGHT_ONLY).getGraph().getNodeList())
        .extracting(NodeProto::getOpType)
        .contains("DequantizeLinear")
        .doesNotContain("QuantizeLinear");
  }
}
