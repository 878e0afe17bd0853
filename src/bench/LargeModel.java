import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Writes a model of one small convolution over images of 3 × 224 × 224. */
final class LargeModel {
  public static void main(String[] args) throws Exception {
    TensorProto.Builder weight =
        TensorProto.newBuilder().setName("weight").setDataType(1).addDims(8).addDims(3);
    weight.addDims(3).addDims(3);
    new Random(1).doubles(8 * 27, -1, 1).forEach(value -> weight.addFloatData((float) value));
    AttributeProto strides =
        AttributeProto.newBuilder()
            .setName("strides")
            .setType(AttributeProto.AttributeType.INTS)
            .addInts(8)
            .addInts(8)
            .build();
    NodeProto conv =
        NodeProto.newBuilder()
            .setOpType("Conv")
            .addInput("image")
            .addInput("weight")
            .addOutput("features")
            .addAttribute(strides)
            .build();
    GraphProto graph =
        GraphProto.newBuilder()
            .setName("large")
            .addInput(port("image", -1, 3, 224, 224))
            .addInitializer(weight)
            .addNode(conv)
            .addOutput(port("features", -1, 8, 28, 28))
            .build();
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(graph)
            .build();
    Files.write(Path.of(args[0]), model.toByteArray());
  }

  private static ValueInfoProto port(String name, long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long dim : dims) {
      TensorShapeProto.Dimension.Builder axis = TensorShapeProto.Dimension.newBuilder();
      shape.addDim(dim < 0 ? axis.setDimParam("N") : axis.setDimValue(dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1).setShape(shape)))
        .build();
  }
}
