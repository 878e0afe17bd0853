package io.halfstep.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.quantizer.Grid;
import java.util.List;

/**
 * The nodes that make integers of their {@link BitPlanes}, {@code [bits, n]}. They call a function
 * that the model defines with standard operators: bytes shifted to the left by 7 to 0, then to the
 * right by 7, are the bits {@code [8, bits, n]}; MatMulInteger sums them, times their values {@code
 * [bits]}. Nothing of this depends on an input, so that a runtime does it when it loads the model,
 * and its kernels see the integers as if they were stored in their element type.
 */
final class QdqBitPlanes {
  private static final String FUNCTION = "Unpack";

  /** The first version of ONNX's files with functions. */
  private static final int IR = 8;

  private QdqBitPlanes() {}

  /** Returns the planes of a grid's integers as a tensor. */
  static TensorProto tensor(String name, Grid grid, StorageType type, int... integers) {
    byte[] planes = BitPlanes.pack(type.shifted(grid, integers), grid.bits());
    return Onnx.tensor(
        name,
        StorageType.UINT8.onnx(),
        ByteString.copyFrom(planes),
        grid.bits(),
        planes.length / grid.bits());
  }

  /**
   * Returns a node that makes integers of such a tensor. The values of the bits are bytes without a
   * sign; so a zero point is subtracted from them where the highest one is negative.
   *
   * @param type the element type of the integers; if it is signed, so is their highest bit (two's
   *     complement)
   * @param dims their shape
   */
  static NodeProto node(String planes, String integers, Grid grid, StorageType type, long... dims) {
    int zeroPoint = type.isSigned() ? 1 << (grid.bits() - 1) : 0;
    long[] values = new long[grid.bits()];
    for (int i = 0; i < values.length; i++) {
      values[i] = zeroPoint + (1L << (grid.bits() - 1 - i));
    }
    if (type.isSigned()) {
      values[0] = 0;
    }
    return Onnx.node(
            FUNCTION,
            List.of(planes),
            List.of(integers),
            Onnx.attribute("bits", values),
            Onnx.attribute("zero", (long) zeroPoint),
            Onnx.attribute("shape", dims),
            Onnx.attribute("to", (long) type.onnx()))
        .toBuilder()
        .setDomain(Nodes.HALFSTEP)
        .build();
  }

  /** Returns the model with the function, if nodes of its graph call it. */
  static ModelProto withFunction(ModelProto model) {
    boolean calls =
        model.getGraph().getNodeList().stream()
            .anyMatch(node -> node.getDomain().equals(Nodes.HALFSTEP));
    FunctionProto function = function(Onnx.opset(model));
    if (!calls || model.getFunctionsList().contains(function)) {
      return model;
    }
    return Onnx.withOpset(model, Nodes.HALFSTEP, 1).toBuilder()
        .addFunctions(function)
        .setIrVersion(Math.max(IR, model.getIrVersion()))
        .build();
  }

  private static FunctionProto function(int opset) {
    AttributeProto bytes = Onnx.attribute("to", (long) StorageType.UINT8.onnx());
    byte[] left = {7, 6, 5, 4, 3, 2, 1, 0};
    return FunctionProto.newBuilder()
        .setName(FUNCTION)
        .setDomain(Nodes.HALFSTEP)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
        .addAllAttribute(List.of("bits", "zero", "shape", "to"))
        .addInput("planes")
        .addOutput("integers")
        .addNode(constant("left", bytes(left, left.length, 1, 1)))
        .addNode(constant("right", bytes(new byte[] {7})))
        .addNode(constant("bits", given("value_ints", "bits", AttributeType.INTS)))
        .addNode(constant("zero", given("value_int", "zero", AttributeType.INT)))
        .addNode(constant("dims", given("value_ints", "shape", AttributeType.INTS)))
        .addNode(shift("planes", "left", "shifted", "LEFT"))
        .addNode(shift("shifted", "right", "ones", "RIGHT"))
        .addNode(cast("bits", "values", bytes))
        .addNode(cast("zero", "zero_point", bytes))
        .addNode(
            Onnx.node("MatMulInteger", List.of("values", "ones", "zero_point"), List.of("sums")))
        .addNode(Onnx.node("Reshape", List.of("sums", "dims"), List.of("shaped")))
        .addNode(cast("shaped", "integers", given("to", "to", AttributeType.INT)))
        .build();
  }

  private static AttributeProto bytes(byte[] values, long... dims) {
    return AttributeProto.newBuilder()
        .setName("value")
        .setType(AttributeType.TENSOR)
        .setT(Onnx.tensor("", StorageType.UINT8.onnx(), ByteString.copyFrom(values), dims))
        .build();
  }

  /** An attribute with the value that the function's caller gives. */
  private static AttributeProto given(String name, String from, AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setRefAttrName(from).setType(type).build();
  }

  private static NodeProto constant(String name, AttributeProto value) {
    return Onnx.node("Constant", List.of(), List.of(name), value);
  }

  private static NodeProto shift(String from, String by, String to, String direction) {
    return Onnx.node(
        "BitShift", List.of(from, by), List.of(to), Onnx.attribute("direction", direction));
  }

  private static NodeProto cast(String from, String to, AttributeProto type) {
    return Onnx.node("Cast", List.of(from), List.of(to), type);
  }
}
