package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import com.google.protobuf.ByteString;
import io.halfstep.quantizer.Grid;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SaturatingExecutionTest {
  private static final Map<String, float[]> IMAGES = Map.of("image", Samples.fashionMnist(4));

  /** Where bytes are unsigned nothing saturates: the simulated kernels are then the real ones. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet14", "mobilenetv2"})
  void computesWhatOnnxRuntimeDoes(String model) {
    ModelProto exported = exported(model);
    for (OptLevel level : Execution.LEVELS) {
      double[] real = logits(Execution.run(exported, level, IMAGES));
      double[] simulated = logits(SaturatingExecution.of(exported, level).run(IMAGES));
      assertThat(Sqnr.decibels(real, simulated)).as("%s", level).isGreaterThan(60);
    }
    assertThat(SaturatingExecution.of(exported, OptLevel.ALL_OPT).kernels()).hasSizeGreaterThan(5);
  }

  /** The fault that unsigned bytes mend is seen on any processor. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet14", "mobilenetv2"})
  void signedBytesSaturate(String model) {
    ModelProto signed = withSignedWeights(exported(model));
    double[] expected = logits(Execution.run(signed, OptLevel.NO_OPT, IMAGES));
    double[] simulated = logits(SaturatingExecution.of(signed, OptLevel.ALL_OPT).run(IMAGES));

    assertThat(Sqnr.decibels(expected, simulated)).isLessThan(35);
  }

  private static ModelProto exported(String model) {
    return QdqModel.of(
        NearestNetwork.of(Samples.FOLDER.resolve(model + ".onnx"))
            .weights(Grid.signed(8), true)
            .activations(Grid.unsigned(8), IMAGES)
            .build());
  }

  /** The same integers and zero points as signed bytes. */
  static ModelProto withSignedWeights(ModelProto exported) {
    ModelProto.Builder signed = exported.toBuilder();
    for (TensorProto.Builder tensor : signed.getGraphBuilder().getInitializerBuilderList()) {
      String weight = tensor.getName().replace("_zero_point", "").replace("_quantized", "");
      boolean ofWeight =
          exported.getGraph().getInitializerList().stream()
              .anyMatch(t -> t.getName().equals(weight + "_quantized") && t.getDimsCount() > 1);
      if (ofWeight && tensor.getDataType() == TensorProto.DataType.UINT8_VALUE) {
        byte[] bytes = tensor.getRawData().toByteArray();
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] ^= (byte) 0x80;
        }
        tensor.setDataType(TensorProto.DataType.INT8_VALUE).setRawData(ByteString.copyFrom(bytes));
      }
    }
    return signed.build();
  }

  private static double[] logits(Map<String, double[]> outputs) {
    return Objects.requireNonNull(outputs.get("logits"));
  }
}
