package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares {@link Encoding} with ONNX Runtime's QuantizeLinear and DequantizeLinear. */
class EncodingOnnxRuntimeTest {
  static Stream<Arguments> grids() {
    return Stream.of(
        Arguments.of(Grid.unsigned(8), DataType.UINT8),
        Arguments.of(Grid.signed(8), DataType.INT8),
        Arguments.of(Grid.unsigned(16), DataType.UINT16),
        Arguments.of(Grid.signed(16), DataType.INT16),
        Arguments.of(Grid.unsigned(4), DataType.UINT4),
        Arguments.of(Grid.signed(4), DataType.INT4));
  }

  @ParameterizedTest
  @MethodSource("grids")
  void agreesToTheLastBit(Grid grid, DataType type) throws OrtException {
    Random random = new Random(7);
    for (int trial = 0; trial < 12; trial++) {
      float scale = trial == 0 ? 0.25f : (float) Math.exp(random.nextGaussian() * 4 - 3);
      int zeroPoint = trial == 1 ? 0 : grid.lowest() + random.nextInt(grid.steps() + 1);
      Encoding encoding = Encoding.perTensor(grid, scale, zeroPoint);
      float[] values = values(encoding, random);

      float[] ours = new float[values.length];
      encoding.roundTrip(values, ours);

      assertThat(ours).as("%s", encoding).isEqualTo(inRuntime(encoding, type, values));
    }
  }

  /** Ties, numbers within and beyond the range, extremes. */
  private static float[] values(Encoding encoding, Random random) {
    float scale = encoding.scale(0);
    float[] values = new float[1013];
    for (int i = 0; i < values.length; i++) {
      int q = encoding.grid().lowest() + random.nextInt(encoding.grid().steps() + 1);
      values[i] =
          switch (i % 4) {
            case 0 -> scale * (q - encoding.zeroPoint(0) + 0.5f);
            case 1 -> scale * (q - encoding.zeroPoint(0) + random.nextFloat());
            case 2 -> (float) (scale * encoding.grid().highest() * random.nextGaussian() * 2);
            default -> (float) (random.nextGaussian() * Math.exp(40 * random.nextGaussian()));
          };
    }
    float[] extremes = {
      0, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MAX_VALUE, -Float.MAX_VALUE
    };
    System.arraycopy(extremes, 0, values, 500, extremes.length);
    return values;
  }

  private static float[] inRuntime(Encoding encoding, DataType type, float[] values)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(model(encoding, type).toByteArray());
        OnnxTensor x = OnnxTensor.createTensor(environment, values);
        OrtSession.Result result = session.run(Map.of("x", x))) {
      return (float[]) result.get(0).getValue();
    }
  }

  private static ModelProto model(Encoding encoding, DataType type) {
    TensorProto scale =
        TensorProto.newBuilder()
            .setName("s")
            .setDataType(DataType.FLOAT_VALUE)
            .addFloatData(encoding.scale(0))
            .build();
    TensorProto zeroPoint =
        TensorProto.newBuilder()
            .setName("z")
            .setDataType(type.getNumber())
            .addInt32Data(encoding.zeroPoint(0))
            .build();
    GraphProto graph =
        GraphProto.newBuilder()
            .setName("pair")
            .addInput(vector("x"))
            .addOutput(vector("y"))
            .addInitializer(scale)
            .addInitializer(zeroPoint)
            .addNode(node("QuantizeLinear", "x", "q"))
            .addNode(node("DequantizeLinear", "q", "y"))
            .build();
    return ModelProto.newBuilder()
        .setIrVersion(10)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(21))
        .setGraph(graph)
        .build();
  }

  private static NodeProto node(String op, String from, String to) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .addInput(from)
        .addInput("s")
        .addInput("z")
        .addOutput(to)
        .build();
  }

  private static ValueInfoProto vector(String name) {
    TensorShapeProto.Dimension any =
        TensorShapeProto.Dimension.newBuilder().setDimParam("n").build();
    TypeProto.Tensor tensor =
        TypeProto.Tensor.newBuilder()
            .setElemType(DataType.FLOAT_VALUE)
            .setShape(TensorShapeProto.newBuilder().addDim(any))
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }
}
