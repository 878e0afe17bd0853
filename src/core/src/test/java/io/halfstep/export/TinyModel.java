package io.halfstep.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.halfstep.model.Onnx;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Models of a few nodes, written down in a few lines; names are separated by spaces. */
public final class TinyModel {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("tiny");
  private final int opset;

  private TinyModel(int opset) {
    this.opset = opset;
  }

  public static TinyModel opset(int version) {
    return new TinyModel(version);
  }

  /** The body of an If, Loop or Scan. */
  public static TinyModel body() {
    return new TinyModel(0);
  }

  public TinyModel input(String name, long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long dim : dims) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    graph.addInput(info(name, TypeProto.Tensor.newBuilder().setShape(shape), DataType.FLOAT_VALUE));
    return this;
  }

  public TinyModel node(String op, String inputs, String outputs, AttributeProto... attributes) {
    graph.addNode(Onnx.node(op, names(inputs), names(outputs), attributes));
    return this;
  }

  public TinyModel node(NodeProto node) {
    graph.addNode(node);
    return this;
  }

  public TinyModel floats(String name, float[] values, long... dims) {
    graph.addInitializer(Onnx.tensor(name, values, dims));
    return this;
  }

  /** Normally distributed weights. */
  public TinyModel weights(String name, long... dims) {
    int size = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    return floats(name, gaussian(size, name.hashCode()), dims);
  }

  public TinyModel longs(String name, long[] values, long... dims) {
    graph.addInitializer(Onnx.tensor(name, values, dims));
    return this;
  }

  public TinyModel bool(String name, boolean value) {
    graph.addInitializer(
        Onnx.tensor(
            name, DataType.BOOL_VALUE, ByteString.copyFrom(new byte[] {(byte) (value ? 1 : 0)})));
    return this;
  }

  public TinyModel outputs(String names) {
    return outputs(names, DataType.FLOAT_VALUE);
  }

  public TinyModel outputs(String names, int elementType) {
    for (String name : names(names)) {
      graph.addOutput(info(name, elementType));
    }
    return this;
  }

  public GraphProto graph() {
    return graph.build();
  }

  public ModelProto build() {
    return ModelProto.newBuilder()
        .setIrVersion(opset >= 21 ? 10 : 7)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .setGraph(graph)
        .build();
  }

  public static AttributeProto ints(String name, long... values) {
    return Onnx.attribute(name, values);
  }

  public static AttributeProto floatList(String name, float... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOATS);
    for (float value : values) {
      attribute.addFloats(value);
    }
    return attribute.build();
  }

  public static AttributeProto body(String name, GraphProto body) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.GRAPH)
        .setG(body)
        .build();
  }

  public static AttributeProto value(TensorProto value) {
    return AttributeProto.newBuilder()
        .setName("value")
        .setType(AttributeType.TENSOR)
        .setT(value)
        .build();
  }

  public static float[] gaussian(int size, long seed) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** A port of unknown shape. */
  public static ValueInfoProto info(String name, int elementType) {
    return info(name, TypeProto.Tensor.newBuilder(), elementType);
  }

  public static ValueInfoProto scalar(String name, int elementType) {
    return info(
        name,
        TypeProto.Tensor.newBuilder().setShape(TensorShapeProto.getDefaultInstance()),
        elementType);
  }

  private static ValueInfoProto info(String name, TypeProto.Tensor.Builder type, int elementType) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type.setElemType(elementType)))
        .build();
  }

  /** {@code -} stands for an optional input that is left out. */
  private static List<String> names(String text) {
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(" ")).map(n -> n.equals("-") ? "" : n).toList();
  }
}
