package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.tensor.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that are added while a graph is differentiated from its loss backwards. A tensor's
 * gradient is the sum of what its readers give it.
 */
final class BackwardPass {
  private final int opset;
  private final TensorTrace trace;
  private final Set<String> needed;
  private final TensorNames names;
  private final Map<String, List<String>> given = new HashMap<>();
  private final Map<String, TensorProto> constants = new LinkedHashMap<>();
  private final List<NodeProto> nodes = new ArrayList<>();
  private final Map<String, NodeProto> producers = new HashMap<>();

  /**
   * @param needed the tensors that need a gradient: the wanted ones and what depends on them
   */
  BackwardPass(ModelProto model, TensorTrace trace, Set<String> needed) {
    GraphProto graph = model.getGraph();
    this.opset = Onnx.opset(model);
    this.trace = trace;
    this.needed = needed;
    this.names = new TensorNames(graph);
    graph
        .getNodeList()
        .forEach(node -> node.getOutputList().forEach(name -> producers.put(name, node)));
  }

  List<NodeProto> nodes() {
    return nodes;
  }

  Collection<TensorProto> constants() {
    return constants.values();
  }

  /** Returns whether a tensor needs a gradient. */
  boolean needs(String tensor) {
    return needed.contains(tensor);
  }

  /** Returns whether a tensor has been given a gradient. */
  boolean has(String tensor) {
    return given.containsKey(tensor);
  }

  /** Returns the node that makes a tensor; null for inputs and initializers. */
  @Nullable NodeProto producer(String tensor) {
    return producers.get(tensor);
  }

  /** Returns the version of ONNX's operators. */
  int opset() {
    return opset;
  }

  ElementType type(String tensor) {
    return trace.type(tensor);
  }

  long[] shape(String tensor) {
    return trace.shape(tensor);
  }

  /** Returns the elements of a tensor of integers, such as axes. */
  long[] integers(String tensor) {
    return trace.integers(tensor);
  }

  /** Returns the elements of a small tensor, such as scales. */
  double[] numbers(String tensor) {
    return trace.numbers(tensor);
  }

  /** Returns the sum of the gradients given to a tensor; zeros if there are none. */
  String gradient(String tensor) {
    List<String> parts = given.get(tensor);
    if (parts == null) {
      return expand(scalar(0), shape(tensor));
    }
    if (parts.size() > 1) {
      String sum = add("Sum", parts);
      given.put(tensor, new ArrayList<>(List.of(sum)));
      return sum;
    }
    return parts.get(0);
  }

  /** Adds a gradient of the tensor's shape. */
  void give(String tensor, String gradient) {
    given.computeIfAbsent(tensor, t -> new ArrayList<>()).add(gradient);
  }

  /** Adds a gradient of the tensor's shape, if it needs one. */
  void give(String tensor, Supplier<String> gradient) {
    if (needs(tensor)) {
      give(tensor, gradient.get());
    }
  }

  /**
   * Adds a gradient for a tensor that was broadcast: sums it over the axes along which it was
   * repeated.
   *
   * @param shape the gradient's shape
   */
  void giveBroadcast(String tensor, long[] shape, Supplier<String> gradient) {
    give(tensor, () -> summed(gradient.get(), shape, shape(tensor)));
  }

  /** Sums over the axes along which a tensor of shape {@code to} was repeated to {@code from}. */
  String summed(String gradient, long[] from, long[] to) {
    if (Arrays.equals(from, to)) {
      return gradient;
    }
    int added = from.length - to.length;
    long[] axes =
        IntStream.range(0, from.length)
            .filter(d -> d < added || to[d - added] != from[d])
            .asLongStream()
            .toArray();
    return reshape(axes.length == 0 ? gradient : sum(gradient, axes), to);
  }

  /** Names the gradient of a wanted tensor. */
  void finish(String tensor, String result) {
    nodes.add(Onnx.node("Identity", List.of(gradient(tensor)), List.of(result)));
  }

  // Nodes and constants

  /** Adds a node with one output and returns the output's name. */
  String add(String op, List<String> inputs, AttributeProto... attributes) {
    return addAll(Onnx.node(op, inputs, List.of(), attributes), 1).get(0);
  }

  /** Adds a copy of a node with new outputs and returns their names. */
  List<String> addAll(NodeProto node, int outputs) {
    List<String> made = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      made.add(names.unique("backward_" + nodes.size() + "_" + i));
    }
    nodes.add(node.toBuilder().clearName().clearOutput().addAllOutput(made).build());
    return made;
  }

  String add(String op, String... inputs) {
    return add(op, List.of(inputs));
  }

  String mul(String a, String b) {
    return add("Mul", a, b);
  }

  String mul(String a, double b) {
    return add("Mul", a, scalar(b));
  }

  /** Returns {@code a} where the condition holds, else 0. */
  String where(String condition, String a) {
    return add("Where", condition, a, scalar(0));
  }

  /** Sums over axes and keeps them with one element. */
  String sum(String tensor, long... axes) {
    return add("ReduceSum", tensor, integerVector(axes));
  }

  /** Repeats a tensor that broadcasts to a shape. */
  String expand(String tensor, long... shape) {
    return add("Expand", tensor, integerVector(shape));
  }

  /** Sums parts into zeros at indices along an axis. */
  String scattered(String parts, String indices, int axis, long... shape) {
    return add(
        "ScatterElements",
        List.of(expand(scalar(0), shape), indices, parts),
        Onnx.attribute("axis", axis),
        Onnx.attribute("reduction", "add"));
  }

  String reshape(String tensor, long... shape) {
    if (shape.length == 0) {
      return add("Squeeze", add("Reshape", tensor, integerVector(1)));
    }
    // A dimension of 0 would be taken from the input, which here has the same.
    return add("Reshape", tensor, integerVector(shape));
  }

  String transpose(String tensor, int... axes) {
    return add(
        "Transpose",
        List.of(tensor),
        Onnx.attribute("perm", Arrays.stream(axes).asLongStream().toArray()));
  }

  String scalar(double value) {
    return constant(
        "scalar " + (float) value, name -> Onnx.tensor(name, new float[] {(float) value}));
  }

  String integerVector(long... values) {
    return constant(
        "integers " + Arrays.toString(values), name -> Onnx.tensor(name, values, values.length));
  }

  @FunctionalInterface
  private interface Named {
    TensorProto as(String name);
  }

  String constant(float[] values, long... shape) {
    return constant("constant " + constants.size(), name -> Onnx.tensor(name, values, shape));
  }

  private String constant(String key, Named tensor) {
    return constants
        .computeIfAbsent(key, k -> tensor.as(names.unique("backward_constant_" + constants.size())))
        .getName();
  }
}
