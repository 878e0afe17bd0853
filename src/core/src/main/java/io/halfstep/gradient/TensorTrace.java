package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What one run of a model tells of its tensors: their types and shapes, and the values of those of
 * integers, which hold shapes, axes and indices, and of small ones.
 */
public final class TensorTrace {
  private record Entry(ElementType type, long[] shape, Tensor values) {}

  /** A list with a number for each axis is not longer. */
  private static final int SMALL = 16;

  private static final Tensor NONE = Tensor.of(new float[0], 0);

  private final Map<String, Entry> entries = new HashMap<>();

  private TensorTrace() {}

  /**
   * Runs a model once, without optimizations.
   *
   * @param inputs a tensor for each of its inputs
   */
  public static TensorTrace of(ModelProto model, Map<String, Tensor> inputs) {
    TensorTrace trace = new TensorTrace();
    inputs.forEach(trace::put);
    for (TensorProto constant : model.getGraph().getInitializerList()) {
      trace.put(constant.getName(), TensorProtos.onDemand(constant));
    }
    try (OnnxProgram program =
        OnnxProgram.load(
            withAllOutputs(model).toByteArray(), new OnnxProgram.Options(1, Optimization.NONE))) {
      program.run(inputs).forEach(trace::put);
    }
    return trace;
  }

  private static ModelProto withAllOutputs(ModelProto model) {
    GraphProto.Builder graph = model.getGraph().toBuilder();
    Set<String> outputs = new HashSet<>();
    graph.getOutputList().forEach(output -> outputs.add(output.getName()));
    for (NodeProto node : model.getGraph().getNodeList()) {
      for (String name : Nodes.makes(node)) {
        if (outputs.add(name)) {
          graph.addOutput(ValueInfoProto.newBuilder().setName(name));
        }
      }
    }
    return model.toBuilder().setGraph(graph).build();
  }

  private void put(String name, Tensor tensor) {
    boolean kept = !TensorValues.isFloat(tensor.type()) || tensor.size() <= SMALL;
    entries.put(name, new Entry(tensor.type(), tensor.shape(), kept ? tensor : NONE));
  }

  ElementType type(String tensor) {
    return entry(tensor).type;
  }

  /** Returns the tensor's shape. */
  public long[] shape(String tensor) {
    return entry(tensor).shape.clone();
  }

  /** Returns the elements of a tensor of integers. */
  long[] integers(String tensor) {
    return Arrays.stream(numbers(tensor)).mapToLong(value -> (long) value).toArray();
  }

  /** Returns the elements of a tensor of integers or of a small one. */
  double[] numbers(String tensor) {
    return TensorValues.doubles(entry(tensor).values);
  }

  /** Returns the shapes of all tensors. */
  public Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    entries.forEach((name, entry) -> shapes.put(name, entry.shape.clone()));
    return shapes;
  }

  private Entry entry(String tensor) {
    Entry entry = entries.get(tensor);
    if (entry == null) {
      throw new IllegalArgumentException("no tensor '" + tensor + "' in the model");
    }
    return entry;
  }
}
