package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Builds small ONNX graphs:
 *
 * <pre>{@code
 * Model model = OnnxGraphs.opset(17)
 *     .input("x", -1, 3, 8, 8)
 *     .weight("w", 4, 3, 3, 3)
 *     .node("Conv", "y", List.of("x", "w"), ints("pads", 1, 1, 1, 1))
 *     .output("y")
 *     .model();
 * }</pre>
 *
 * <p>A negative dimension of an input is unknown. Weights are pseudo-random with a fixed seed.
 */
public final class OnnxGraphs {
  private final int opset;
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("graph");
  private final Random random = new Random(7);

  private OnnxGraphs(int opset) {
    this.opset = opset;
  }

  public static OnnxGraphs opset(int version) {
    return new OnnxGraphs(version);
  }

  public OnnxGraphs input(String name, long... shape) {
    return input(name, ElementType.FLOAT, shape);
  }

  public OnnxGraphs input(String name, ElementType type, long... shape) {
    return input(port(name, type, shape));
  }

  public OnnxGraphs input(ValueInfoProto input) {
    graph.addInput(input);
    return this;
  }

  /** Normally distributed, with a standard deviation of 1/√(elements per first dimension). */
  public OnnxGraphs weight(String name, long... shape) {
    float[] values = new float[Tensor.elements(shape)];
    long first = shape.length == 0 ? 1 : Math.max(1, shape[0]);
    double deviation = Math.sqrt((double) first / Math.max(1, values.length));
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return initializer(name, Tensor.of(values, shape));
  }

  /** Uniform in [0.5, 1.5): gains and variances. */
  public OnnxGraphs positive(String name, long... shape) {
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.5f + random.nextFloat();
    }
    return initializer(name, Tensor.of(values, shape));
  }

  public OnnxGraphs initializer(String name, Tensor tensor) {
    return initializer(TensorProtos.encode(name, tensor));
  }

  public OnnxGraphs initializer(TensorProto tensor) {
    graph.addInitializer(tensor);
    return this;
  }

  public OnnxGraphs integers(String name, long... values) {
    return initializer(name, Tensor.of(ElementType.INT64, values, values.length));
  }

  /** A node with one output, named like it. */
  public OnnxGraphs node(String op, String output, List<String> inputs, AttributeProto... with) {
    return node(op, output, inputs, List.of(output), with);
  }

  public OnnxGraphs node(
      String op, String name, List<String> inputs, List<String> outputs, AttributeProto... with) {
    return node(
        NodeProto.newBuilder()
            .setOpType(op)
            .setName(name)
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(Arrays.asList(with))
            .build());
  }

  public OnnxGraphs node(NodeProto node) {
    graph.addNode(node);
    return this;
  }

  /** A batch norm of {@code input} with random parameters, named {@code output.scale} and so on. */
  public OnnxGraphs batchNorm(
      String output, String input, int channels, AttributeProto... attributes) {
    return positive(output + ".scale", channels)
        .weight(output + ".bias", channels)
        .weight(output + ".mean", channels)
        .positive(output + ".var", channels)
        .node(
            "BatchNormalization",
            output,
            List.of(input, output + ".scale", output + ".bias", output + ".mean", output + ".var"),
            attributes);
  }

  /** An output of unknown shape. */
  public OnnxGraphs output(String name) {
    return output(name, ElementType.FLOAT);
  }

  /** An output of unknown shape. */
  public OnnxGraphs output(String name, ElementType type) {
    graph.addOutput(Onnx.port(name, type));
    return this;
  }

  public OnnxGraphs output(String name, ElementType type, long... shape) {
    graph.addOutput(port(name, type, shape));
    return this;
  }

  /** The graph alone, as the body of an {@code If}, {@code Loop} or {@code Scan}. */
  public GraphProto graph() {
    return graph.build();
  }

  public ModelProto proto() {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
        .setGraph(graph)
        .build();
  }

  public Model model() {
    return Model.of(Path.of("hand-built.onnx"), proto());
  }

  public Path write(Path file) {
    try {
      return Files.write(file, proto().toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static AttributeProto ints(String name, long... values) {
    AttributeProto.Builder attribute = attribute(name, AttributeType.INTS);
    Arrays.stream(values).forEach(attribute::addInts);
    return attribute.build();
  }

  public static AttributeProto integer(String name, long value) {
    return attribute(name, AttributeType.INT).setI(value).build();
  }

  public static AttributeProto real(String name, float value) {
    return attribute(name, AttributeType.FLOAT).setF(value).build();
  }

  public static AttributeProto text(String name, String value) {
    return attribute(name, AttributeType.STRING).setS(ByteString.copyFromUtf8(value)).build();
  }

  public static AttributeProto tensor(String name, Tensor value) {
    return attribute(name, AttributeType.TENSOR).setT(TensorProtos.encode(name, value)).build();
  }

  public static AttributeProto body(String name, OnnxGraphs value) {
    return attribute(name, AttributeType.GRAPH).setG(value.graph()).build();
  }

  private static AttributeProto.Builder attribute(String name, AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }

  private static ValueInfoProto port(String name, ElementType type, long... shape) {
    TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
    for (int i = 0; i < shape.length; i++) {
      TensorShapeProto.Dimension.Builder dim = TensorShapeProto.Dimension.newBuilder();
      dims.addDim(shape[i] < 0 ? dim.setDimParam(name + "_" + i) : dim.setDimValue(shape[i]));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.onnx()).setShape(dims)))
        .build();
  }
}
