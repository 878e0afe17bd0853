package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Half;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** How ONNX writes down tensors, nodes, attributes and operator set versions. */
public final class Onnx {
  private Onnx() {}

  // Tensors

  public static TensorProto tensor(String name, int elementType, ByteString raw, long... dims) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(elementType).setRawData(raw);
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor.build();
  }

  public static TensorProto tensor(String name, float[] values, long... dims) {
    ByteBuffer raw = littleEndian(values.length * Float.BYTES);
    raw.asFloatBuffer().put(values);
    return tensor(name, TensorProto.DataType.FLOAT_VALUE, ByteString.copyFrom(raw), dims);
  }

  public static TensorProto tensor(String name, int[] values, long... dims) {
    ByteBuffer raw = littleEndian(values.length * Integer.BYTES);
    raw.asIntBuffer().put(values);
    return tensor(name, TensorProto.DataType.INT32_VALUE, ByteString.copyFrom(raw), dims);
  }

  public static TensorProto tensor(String name, long[] values, long... dims) {
    ByteBuffer raw = littleEndian(values.length * Long.BYTES);
    raw.asLongBuffer().put(values);
    return tensor(name, TensorProto.DataType.INT64_VALUE, ByteString.copyFrom(raw), dims);
  }

  /** A BFLOAT16 tensor of the nearest numbers. */
  public static TensorProto bfloat16(String name, float[] values, long... dims) {
    ByteBuffer raw = littleEndian(values.length * Short.BYTES);
    for (float value : values) {
      raw.putShort(Half.toBfloat16(value));
    }
    return tensor(name, TensorProto.DataType.BFLOAT16_VALUE, ByteString.copyFrom(raw.flip()), dims);
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The elements of a FLOAT tensor, wherever it keeps them. */
  public static float[] floats(TensorProto tensor) {
    if (tensor.getFloatDataCount() > 0) {
      float[] values = new float[tensor.getFloatDataCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = tensor.getFloatData(i);
      }
      return values;
    }
    ByteString raw = tensor.getRawData();
    float[] values = new float[raw.size() / Float.BYTES];
    raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /** Returns the model that this program has serialized. */
  public static ModelProto parsed(byte[] model) {
    try {
      return ModelProto.parseFrom(model);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** An input or output of a graph, of any shape. */
  public static ValueInfoProto port(String name, ElementType type) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.onnx())))
        .build();
  }

  // Nodes and their attributes

  public static NodeProto node(
      String op, List<String> inputs, List<String> outputs, AttributeProto... attributes) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .addAllInput(inputs)
        .addAllOutput(outputs)
        .addAllAttribute(List.of(attributes))
        .build();
  }

  public static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  public static AttributeProto attribute(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  public static AttributeProto attribute(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  public static AttributeProto attribute(String name, long[] values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute.build();
  }

  public static Optional<AttributeProto> attribute(NodeProto node, String name) {
    return node.getAttributeList().stream().filter(a -> a.getName().equals(name)).findFirst();
  }

  public static long integer(NodeProto node, String attribute, long otherwise) {
    return attribute(node, attribute).map(AttributeProto::getI).orElse(otherwise);
  }

  public static float real(NodeProto node, String attribute, float otherwise) {
    return attribute(node, attribute).map(AttributeProto::getF).orElse(otherwise);
  }

  public static String text(NodeProto node, String attribute, String otherwise) {
    return attribute(node, attribute).map(a -> a.getS().toStringUtf8()).orElse(otherwise);
  }

  /** The node with this attribute, in place of one of the same name. */
  public static NodeProto with(NodeProto node, AttributeProto attribute) {
    return without(node, attribute.getName()).toBuilder().addAttribute(attribute).build();
  }

  public static NodeProto without(NodeProto node, String attribute) {
    List<AttributeProto> kept = new ArrayList<>(node.getAttributeList());
    return kept.removeIf(a -> a.getName().equals(attribute))
        ? node.toBuilder().clearAttribute().addAllAttribute(kept).build()
        : node;
  }

  /** The input's name; empty where the node does not have it. */
  public static String input(NodeProto node, int index) {
    return index < node.getInputCount() ? node.getInput(index) : "";
  }

  /** The node with {@code map} applied to the bodies of an If, Loop or Scan. */
  public static NodeProto mapBodies(NodeProto node, UnaryOperator<GraphProto> map) {
    if (Nodes.bodies(node).isEmpty()) {
      return node;
    }
    NodeProto.Builder mapped = node.toBuilder();
    for (AttributeProto.Builder attribute : mapped.getAttributeBuilderList()) {
      if (attribute.hasG()) {
        attribute.setG(map.apply(attribute.getG()));
      }
      for (int i = 0; i < attribute.getGraphsCount(); i++) {
        attribute.setGraphs(i, map.apply(attribute.getGraphs(i)));
      }
    }
    return mapped.build();
  }

  // Operator sets

  /** Whether this names ONNX's own operators. */
  private static boolean isDefaultDomain(String domain) {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  /** The version of ONNX's own operators that the model asks for. */
  public static int opset(ModelProto model) {
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      if (isDefaultDomain(opset.getDomain())) {
        return Math.toIntExact(opset.getVersion());
      }
    }
    return 1;
  }

  /** The model asking for that version; nothing else of it changes. */
  public static ModelProto withOpset(ModelProto model, String domain, int version) {
    List<OperatorSetIdProto> opsets = new ArrayList<>(model.getOpsetImportList());
    opsets.removeIf(
        o ->
            o.getDomain().equals(domain)
                || (isDefaultDomain(o.getDomain()) && isDefaultDomain(domain)));
    opsets.add(OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build());
    return model.toBuilder().clearOpsetImport().addAllOpsetImport(opsets).build();
  }
}
