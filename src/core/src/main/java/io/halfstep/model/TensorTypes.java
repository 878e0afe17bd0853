package io.halfstep.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.OnnxProgram.Port;
import io.halfstep.tensor.OnnxRuntimeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Element types and shapes of a model's tensors, as ONNX Runtime infers them. */
public final class TensorTypes {
  /** Bytes of a constant that is not needed for shapes. */
  private static final int LARGE = 1 << 20;

  private TensorTypes() {}

  /**
   * Returns the named tensors as ports.
   *
   * @throws InvalidInputException if ONNX Runtime refuses the model
   */
  public static Map<String, Port> infer(Model model, Collection<String> names) {
    GraphProto.Builder graph = model.proto().getGraph().toBuilder();
    Set<String> known = new HashSet<>();
    model.inputs().forEach(port -> known.add(port.name()));
    model.outputs().forEach(port -> known.add(port.name()));
    for (String name : names) {
      if (known.add(name)) {
        graph.addOutput(ValueInfoProto.newBuilder().setName(name));
      }
    }
    addKernelShapes(graph);
    replaceWeights(graph);
    byte[] exposed = model.proto().toBuilder().setGraph(graph).build().toByteArray();
    try (OnnxProgram program = OnnxProgram.load(exposed, new Options(1, Optimization.NONE))) {
      Map<String, Port> ports = new LinkedHashMap<>();
      program.inputs().forEach(port -> ports.put(port.name(), port));
      program.outputs().forEach(port -> ports.put(port.name(), port));
      ports.keySet().retainAll(known);
      return ports;
    } catch (OnnxRuntimeException e) {
      throw new InvalidInputException(
          model.path() + ": ONNX Runtime refuses the model: " + e.getMessage(), e);
    }
  }

  /** Returns which of the named tensors, and of the model's inputs and outputs, are FLOAT. */
  public static Set<String> floats(Model model, Collection<String> names) {
    Map<String, Port> ports = infer(model, names);
    ports.values().removeIf(port -> port.type() != ElementType.FLOAT);
    return ports.keySet();
  }

  /**
   * ONNX Runtime 1.23 ends the process if a convolution's input has fewer axes than its weight,
   * unless the attribute {@code kernel_shape} says how many are expected.
   */
  private static void addKernelShapes(GraphProto.Builder graph) {
    Map<String, long[]> shapes = new HashMap<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      shapes.put(tensor.getName(), tensor.getDimsList().stream().mapToLong(d -> d).toArray());
    }
    for (NodeProto.Builder builder : graph.getNodeBuilderList()) {
      NodeProto node = builder.build();
      LayerOperator operator = LayerOperators.of(node);
      long[] weight = shapes.get(Onnx.input(node, 1));
      if (operator != null
          && weight != null
          && operator.spatialAxes(weight.length) > 0
          && Onnx.attribute(node, "kernel_shape").isEmpty()) {
        builder.addAttribute(
            Onnx.attribute("kernel_shape", Arrays.copyOfRange(weight, 2, weight.length)));
      }
    }
  }

  /**
   * Large floating-point constants become inputs of their shape: types and shapes do not depend on
   * their values, and ONNX Runtime would hold them twice.
   */
  private static void replaceWeights(GraphProto.Builder graph) {
    Set<String> inputs = new HashSet<>();
    graph.getInputList().forEach(input -> inputs.add(input.getName()));
    List<TensorProto> kept = new ArrayList<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      if (tensor.getRawData().size() < LARGE || tensor.getDataType() != ElementType.FLOAT.onnx()) {
        kept.add(tensor);
      } else if (inputs.add(tensor.getName())) {
        graph.addInput(input(tensor));
      }
    }
    graph.clearInitializer().addAllInitializer(kept);
  }

  private static ValueInfoProto input(TensorProto tensor) {
    return ValueInfoProto.newBuilder()
        .setName(tensor.getName())
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(tensor.getDataType())
                        .setShape(
                            shape(tensor.getDimsList().stream().mapToLong(d -> d).toArray()))))
        .build();
  }

  /**
   * Returns a model whose inputs have these shapes, so that those of other tensors follow.
   *
   * @param shapes by input; other inputs keep theirs
   */
  public static Model withInputs(Model model, Map<String, long[]> shapes) {
    ModelProto.Builder proto = model.proto().toBuilder();
    GraphProto.Builder graph = proto.getGraphBuilder();
    for (ValueInfoProto.Builder input : graph.getInputBuilderList()) {
      long[] shape = shapes.get(input.getName());
      if (shape != null) {
        input.getTypeBuilder().getTensorTypeBuilder().setShape(shape(shape));
      }
    }
    graph.clearValueInfo();
    return Model.of(model.path(), proto.build());
  }

  private static TensorShapeProto.Builder shape(long... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    Arrays.stream(dims)
        .forEach(dim -> shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim)));
    return shape;
  }

  /** The model for a single sample: an unknown first dimension of an input becomes 1. */
  public static Model forOneSample(Model model) {
    ModelProto.Builder proto = model.proto().toBuilder();
    GraphProto.Builder graph = proto.getGraphBuilder();
    for (ValueInfoProto.Builder input : graph.getInputBuilderList()) {
      TypeProto.Tensor.Builder type = input.getTypeBuilder().getTensorTypeBuilder();
      if (type.getShape().getDimCount() > 0 && !type.getShape().getDim(0).hasDimValue()) {
        type.getShapeBuilder().setDim(0, TensorShapeProto.Dimension.newBuilder().setDimValue(1));
      }
    }
    graph.clearValueInfo();
    return Model.of(model.path(), proto.build());
  }
}
