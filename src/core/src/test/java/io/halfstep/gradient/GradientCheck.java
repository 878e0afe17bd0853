package io.halfstep.gradient;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.assertj.core.data.Offset;

/**
 * Compares the gradients of a graph with respect to its inputs with central differences. The loss
 * is {@code Σ y·r} over the elements of the graph's outputs, with random numbers {@code r}.
 *
 * <p>Inputs have static shapes and are normally distributed unless {@link #with} says otherwise.
 */
final class GradientCheck {
  /** A graph in double precision: its outputs, one after another, from its inputs. */
  @FunctionalInterface
  interface Function {
    double[] of(Map<String, double[]> inputs);
  }

  private static final double STEP = 1e-5;

  /** Between distinct elements. */
  private static final double DISTANCE = 0.1;

  /** Of the greatest element of the gradient. */
  private static final double TOLERANCE = 3e-5;

  private final ModelProto model;
  private final Random random = new Random(11);
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();

  private GradientCheck(ModelProto model) {
    this.model = model;
    model.getGraph().getInputList().forEach(input -> with(input.getName(), normal(shape(input))));
  }

  static GradientCheck of(OnnxGraphs graph) {
    return of(graph.proto());
  }

  static GradientCheck of(ModelProto model) {
    return new GradientCheck(model);
  }

  /** Checks one node with inputs {@code a, b, c …} and an output {@code y}. */
  static GradientCheck ofNode(int opset, String op, long[][] shapes, AttributeProto... attributes) {
    OnnxGraphs graph = OnnxGraphs.opset(opset);
    List<String> names = new ArrayList<>();
    for (long[] shape : shapes) {
      names.add(String.valueOf((char) ('a' + names.size())));
      graph.input(names.get(names.size() - 1), shape);
    }
    return of(graph.node(op, "y", names, attributes).output("y"));
  }

  static long[][] shapes(long[]... shapes) {
    return shapes;
  }

  static long[] shape(long... shape) {
    return shape;
  }

  GradientCheck with(String input, Tensor values) {
    inputs.put(input, values);
    return this;
  }

  GradientCheck with(String input, double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return with(input, Tensor.of(floats, inputs.get(input).shape()));
  }

  /** Draws an input uniformly from a range. */
  GradientCheck within(String input, double low, double high) {
    return with(
        input,
        random.doubles(inputs.get(input).size()).map(unit -> low + (high - low) * unit).toArray());
  }

  /** Draws an input whose elements are distinct. */
  GradientCheck distinct(String input) {
    double[] values = new double[inputs.get(input).size()];
    for (int i = 0; i < values.length; i++) {
      int other = random.nextInt(i + 1);
      values[i] = values[other];
      values[other] = DISTANCE * (i - values.length / 2);
    }
    return with(input, values);
  }

  /** Compares with ONNX Runtime's own operators in double precision. */
  void inDouble() {
    try (OnnxProgram program = OnnxProgram.load(doubles(model).toByteArray())) {
      compare(STEP, values -> run(program, values, ElementType.DOUBLE));
    }
  }

  /**
   * Compares a graph that is linear in each input, of which differences have no error of
   * approximation: with ONNX Runtime's own operators in single precision.
   */
  void linear() {
    inSingle(1);
  }

  /** The same for a graph that is linear while no element passes another, if all are distinct. */
  void piecewiseLinear() {
    inSingle(0.3 * DISTANCE);
  }

  void against(Function function) {
    compare(STEP, function);
  }

  private void inSingle(double step) {
    try (OnnxProgram program = OnnxProgram.load(model.toByteArray())) {
      compare(step, values -> run(program, values, ElementType.FLOAT));
    }
  }

  /**
   * Compares derivatives along random directions: of networks, which have no kernels in double
   * precision. The difference may be 3 % of the derivatives' standard deviation, since a step must
   * be great beside single precision and pass few kinks.
   */
  void alongDirections() {
    Map<String, double[]> values = values();
    try (OnnxProgram program = OnnxProgram.load(model.toByteArray())) {
      Function function = fed -> run(program, fed, ElementType.FLOAT);
      double[] r = normal(function.of(values).length);
      Map<String, Tensor> gradients = gradients(r);
      values.forEach(
          (name, x) -> {
            double[] gradient = TensorValues.doubles(gradients.get(name));
            double step = 2e-4 * Math.sqrt(dot(x, x) / x.length);
            double deviation = Math.sqrt(dot(gradient, gradient));
            for (int i = 0; i < 4; i++) {
              double[] direction = normal(x.length);
              double difference = difference(function, values, name, direction, step, r);
              assertThat(difference)
                  .as(name)
                  .isCloseTo(dot(gradient, direction), Offset.offset(0.03 * deviation));
            }
          });
    }
  }

  /** Returns the central difference along a direction in one input. */
  private static double difference(
      Function function,
      Map<String, double[]> values,
      String input,
      double[] direction,
      double step,
      double[] r) {
    Map<String, double[]> moved = new LinkedHashMap<>(values);
    double[] x = values.get(input);
    moved.put(input, along(x, direction, step));
    double above = dot(function.of(moved), r);
    moved.put(input, along(x, direction, -step));
    return (above - dot(function.of(moved), r)) / (2 * step);
  }

  private static double[] along(double[] x, double[] direction, double step) {
    double[] moved = x.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += step * direction[i];
    }
    return moved;
  }

  private Map<String, double[]> values() {
    Map<String, double[]> values = new LinkedHashMap<>();
    inputs.forEach((name, tensor) -> values.put(name, TensorValues.doubles(tensor)));
    return values;
  }

  private void compare(double step, Function function) {
    Map<String, double[]> values = values();
    double[] r = normal(function.of(values).length);
    Map<String, Tensor> gradients = gradients(r);
    values.forEach(
        (name, x) -> {
          double[] expected = new double[x.length];
          for (int i = 0; i < x.length; i++) {
            double[] unit = new double[x.length];
            unit[i] = 1;
            expected[i] = difference(function, values, name, unit, step, r);
          }
          Tensor gradient = gradients.get(name);
          assertThat(gradient.shape()).as(name).isEqualTo(inputs.get(name).shape());
          assertThat(TensorValues.doubles(gradient))
              .as(name)
              .containsExactly(expected, near(expected));
        });
  }

  private static Offset<Double> near(double[] expected) {
    double greatest = 1;
    for (double value : expected) {
      greatest = Math.max(greatest, Math.abs(value));
    }
    return Offset.offset(TOLERANCE * greatest);
  }

  /** Returns the gradients of {@code Σ y·r} with respect to all inputs. */
  Map<String, Tensor> gradients(double... r) {
    ModelProto withLoss = withLoss(r);
    ModelProto backward =
        GradientModel.of(
            withLoss, TensorTrace.of(withLoss, inputs), "loss", List.copyOf(inputs.keySet()));
    Map<String, Tensor> gradients = new LinkedHashMap<>();
    try (OnnxProgram program = OnnxProgram.load(backward.toByteArray())) {
      Map<String, Tensor> results = program.run(inputs);
      inputs.forEach(
          (name, tensor) -> gradients.put(name, results.get(GradientModel.gradientOf(name))));
    }
    return gradients;
  }

  private ModelProto withLoss(double[] r) {
    TensorTrace trace = TensorTrace.of(model, inputs);
    GraphProto.Builder graph = model.getGraph().toBuilder();
    List<String> parts = new ArrayList<>();
    int at = 0;
    for (ValueInfoProto output : model.getGraph().getOutputList()) {
      String name = output.getName();
      long[] shape = trace.shape(name);
      float[] factors = new float[Tensor.elements(shape)];
      for (int i = 0; i < factors.length; i++) {
        factors[i] = (float) r[at++];
      }
      graph.addInitializer(TensorProtos.encode(name + ".r", Tensor.of(factors, shape)));
      graph.addNode(node("Mul", name + ".weighted", name, name + ".r"));
      graph.addNode(
          node("ReduceSum", name + ".sum", name + ".weighted").toBuilder()
              .addAttribute(OnnxGraphs.integer("keepdims", 0)));
      parts.add(name + ".sum");
    }
    graph.addNode(node("Sum", "loss", parts.toArray(new String[0])));
    return model.toBuilder().setGraph(graph).build();
  }

  private static NodeProto node(String op, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .addAllInput(List.of(inputs))
        .addOutput(output)
        .build();
  }

  private double[] run(OnnxProgram program, Map<String, double[]> values, ElementType type) {
    Map<String, Tensor> fed = new LinkedHashMap<>();
    values.forEach(
        (name, data) -> {
          Tensor tensor = Tensor.of(ElementType.DOUBLE, data, inputs.get(name).shape());
          fed.put(name, type == ElementType.DOUBLE ? tensor : TensorValues.single(tensor));
        });
    return program.run(fed).values().stream()
        .map(TensorValues::doubles)
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private double[] normal(int count) {
    return DoubleStream.generate(() -> (float) random.nextGaussian()).limit(count).toArray();
  }

  private Tensor normal(long[] shape) {
    double[] values = normal(Tensor.elements(shape));
    return TensorValues.single(Tensor.of(ElementType.DOUBLE, values, shape));
  }

  private static long[] shape(ValueInfoProto input) {
    return input.getType().getTensorType().getShape().getDimList().stream()
        .mapToLong(dim -> dim.getDimValue())
        .toArray();
  }

  /** Returns a model with DOUBLE in FLOAT's place. */
  private static ModelProto doubles(ModelProto model) {
    GraphProto.Builder graph = model.getGraph().toBuilder();
    graph.getInputBuilderList().forEach(GradientCheck::toDouble);
    graph.getOutputBuilderList().forEach(GradientCheck::toDouble);
    for (TensorProto.Builder constant : graph.getInitializerBuilderList()) {
      Tensor tensor = TensorProtos.decode(constant.build());
      if (tensor.type() == ElementType.FLOAT) {
        Tensor doubles =
            Tensor.of(ElementType.DOUBLE, TensorValues.doubles(tensor), tensor.shape());
        TensorProto encoded = TensorProtos.encode(constant.getName(), doubles);
        constant.clear().mergeFrom(encoded);
      }
    }
    for (NodeProto.Builder node : graph.getNodeBuilderList()) {
      for (AttributeProto.Builder attribute : node.getAttributeBuilderList()) {
        if (attribute.getName().equals("to") && attribute.getI() == ElementType.FLOAT.onnx()) {
          attribute.setI(ElementType.DOUBLE.onnx());
        }
      }
    }
    return model.toBuilder().setGraph(graph).build();
  }

  private static void toDouble(ValueInfoProto.Builder port) {
    port.getTypeBuilder().getTensorTypeBuilder().setElemType(ElementType.DOUBLE.onnx());
  }
}
