package io.halfstep.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What ONNX Runtime computes on an x86 processor without VNNI, on any processor: the graph that it
 * optimizes a model to, node by node, with the kernels of integers simulated. There, an instruction
 * (VPMADDUBSW) adds two products of an unsigned and a signed byte in 16 bits, which saturate. Two
 * unsigned bytes take another instruction, which adds in 32 bits.
 */
final class SaturatingExecution {
  private static final Set<String> KERNELS =
      Set.of("QLinearConv", "QGemm", "QLinearMatMul", "MatMulIntegerToFloat");

  private final ModelProto optimized;
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Map<String, Tensor> values = new HashMap<>();

  private SaturatingExecution(ModelProto optimized) {
    this.optimized = optimized;
    optimized.getGraph().getInitializerList().forEach(c -> constants.put(c.getName(), c));
  }

  /** The model as ONNX Runtime optimizes it. */
  static SaturatingExecution of(ModelProto model, OptLevel level) {
    return new SaturatingExecution(optimized(model, level));
  }

  /**
   * The operators among its nodes that are integer kernels, but for {@link QdqLayerTest}'s last.
   */
  List<String> kernels() {
    return optimized.getGraph().getNodeList().stream()
        .filter(node -> !node.getOutput(0).equals(QdqLayerTest.OUTPUT))
        .map(NodeProto::getOpType)
        .filter(KERNELS::contains)
        .toList();
  }

  /** Every output's elements as reals; see {@link Execution#run}. */
  Map<String, double[]> run(Map<String, float[]> inputs) {
    for (ValueInfoProto input : optimized.getGraph().getInputList()) {
      float[] elements = Objects.requireNonNull(inputs.get(input.getName()));
      values.put(input.getName(), Tensor.of(elements, Execution.shape(input, elements.length)));
    }
    optimized.getGraph().getNodeList().forEach(this::compute);
    Map<String, double[]> outputs = new LinkedHashMap<>();
    optimized
        .getGraph()
        .getOutputList()
        .forEach(o -> outputs.put(o.getName(), reals(value(o.getName()))));
    return outputs;
  }

  private static ModelProto optimized(ModelProto model, OptLevel level) {
    try (OrtSession.SessionOptions options = Execution.options(level)) {
      Path file = Files.createTempFile("optimized", ".onnx");
      try {
        options.setOptimizedModelFilePath(file.toString());
        OrtEnvironment.getEnvironment().createSession(model.toByteArray(), options).close();
        return ModelProto.parseFrom(Files.readAllBytes(file));
      } finally {
        Files.delete(file);
      }
    } catch (OrtException e) {
      throw new AssertionError(e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void compute(NodeProto node) {
    switch (node.getOpType()) {
      case "QLinearConv" -> put(node, convolution(node));
      case "QGemm" -> put(node, gemm(node));
      case "QLinearMatMul" -> put(node, matMul(node));
      case "MatMulIntegerToFloat" -> put(node, matMulToFloat(node));
      default -> executed(node);
    }
  }

  private void put(NodeProto node, Tensor output) {
    values.put(node.getOutput(0), output);
  }

  private Tensor value(String name) {
    return values.computeIfAbsent(
        name, constant -> TensorProtos.decode(Objects.requireNonNull(constants.get(name), name)));
  }

  /** Any other node, by ONNX Runtime. */
  private void executed(NodeProto node) {
    ModelProto.Builder model = optimized.toBuilder().clearGraph().clearFunctions();
    model.getGraphBuilder().setName("node").addNode(node);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (String name : node.getInputList()) {
      if (constants.containsKey(name)) {
        model.getGraphBuilder().addInitializer(constants.get(name));
      } else if (!name.isEmpty() && !inputs.containsKey(name)) {
        Tensor input = value(name);
        inputs.put(name, input);
        model.getGraphBuilder().addInput(port(name, input));
      }
    }
    for (String name : node.getOutputList()) {
      model.getGraphBuilder().addOutput(ValueInfoProto.newBuilder().setName(name));
    }
    OnnxProgram.Options options = new OnnxProgram.Options(1, Optimization.NONE);
    try (OnnxProgram program = OnnxProgram.load(model.build().toByteArray(), options)) {
      values.putAll(program.run(inputs));
    }
  }

  private static ValueInfoProto port(String name, Tensor tensor) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long dim : tensor.shape()) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(tensor.type().onnx())
                        .setShape(shape)))
        .build();
  }

  // Products

  /** Bytes less their zero point, as a kernel multiplies them. */
  private final class Factor {
    final int[] bytes;
    final boolean signed;
    final int[] zeroPoints;

    Factor(String tensor, String zeroPoint) {
      bytes = integers(value(tensor));
      signed = value(tensor).type() == ElementType.INT8;
      zeroPoints = zeroPoint.isEmpty() ? new int[1] : integers(value(zeroPoint));
    }

    int zeroPoint(int channel) {
      return zeroPoints[zeroPoints.length == 1 ? 0 : channel];
    }
  }

  /**
   * {@code Σ (a − z_a)(w − z_w)} with neighbours {@code a₁w₁ + a₂w₂} saturated where the weight is
   * signed. A signed activation is made unsigned first.
   */
  private static int product(
      int[] a, int zeroA, boolean signedA, int[] w, int zeroW, boolean signedW, boolean pairs) {
    int shift = signedA ? 128 : 0;
    int sum = 0;
    for (int i = 0; i < a.length; i += 2) {
      int pair = (a[i] + shift) * w[i] + (i + 1 < a.length ? (a[i + 1] + shift) * w[i + 1] : 0);
      sum += signedW && pairs ? Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, pair)) : pair;
    }
    for (int i = 0; i < a.length; i++) {
      sum += -(zeroA + shift) * (w[i] - zeroW) - zeroW * (a[i] + shift);
    }
    return sum;
  }

  private Tensor convolution(NodeProto node) {
    Factor x = new Factor(node.getInput(0), node.getInput(2));
    Factor w = new Factor(node.getInput(3), node.getInput(5));
    boolean channelsLast = Onnx.integer(node, "channels_last", 0) == 1;
    int[] in = channelsFirst(value(node.getInput(0)).shape(), channelsLast);
    int[] weight = ints(value(node.getInput(3)).shape());
    int axes = weight.length - 2;
    int groups = (int) Onnx.integer(node, "group", 1);
    int[] strides = attribute(node, "strides", axes, 1);
    int[] dilations = attribute(node, "dilations", axes, 1);
    int[] pads = attribute(node, "pads", 2 * axes, 0);
    int[] out = in.clone();
    out[1] = weight[0];
    for (int d = 0; d < axes; d++) {
      int reach = (weight[d + 2] - 1) * dilations[d] + 1;
      out[d + 2] = (in[d + 2] + pads[d] + pads[axes + d] - reach) / strides[d] + 1;
    }
    int[] bias = node.getInputCount() > 8 ? integers(value(node.getInput(8))) : new int[out[1]];
    int channels = weight[1];
    int kernel = size(weight) / (weight[0] * channels);
    int positions = size(out) / (out[0] * out[1]);
    int inputs = size(in) / (in[0] * in[1]);
    // a depthwise kernel multiplies in 16 bits and adds in 32
    boolean pairs = channels > 1 || weight[0] > groups;
    int[] a = new int[kernel * channels];
    int[] row = new int[a.length];
    byte[] y = new byte[size(out)];
    Requantization to = new Requantization(node, 1, 4, 6);
    for (int i = 0; i < y.length; i++) {
      int position = i % positions;
      int channel = i / positions % out[1];
      int sample = i / positions / out[1];
      for (int k = 0; k < kernel; k++) {
        int at = at(k, position, in, weight, out, strides, dilations, pads);
        for (int c = 0; c < channels; c++) {
          int from = sample * in[1] + channel / (out[1] / groups) * channels + c;
          row[k * channels + c] = w.bytes[(channel * channels + c) * kernel + k];
          a[k * channels + c] =
              at < 0
                  ? x.zeroPoint(0)
                  : x.bytes[
                      channelsLast
                          ? (sample * inputs + at) * in[1] + from % in[1]
                          : from * inputs + at];
        }
      }
      int sum = product(a, x.zeroPoint(0), x.signed, row, w.zeroPoint(channel), w.signed, pairs);
      y[channelsLast ? (sample * positions + position) * out[1] + channel : i] =
          to.of(sum + bias[channel], channel);
    }
    return Tensor.of(to.type, y, toLongs(out, channelsLast));
  }

  /** Where in a channel the kernel's position reads; −1 in the padding. */
  private static int at(
      int k,
      int position,
      int[] in,
      int[] weight,
      int[] out,
      int[] strides,
      int[] dilations,
      int[] pads) {
    int at = 0;
    int size = 1;
    for (int d = strides.length - 1; d >= 0; d--) {
      int x = position % out[d + 2] * strides[d] + k % weight[d + 2] * dilations[d] - pads[d];
      if (x < 0 || x >= in[d + 2]) {
        return -1;
      }
      at += x * size;
      size *= in[d + 2];
      position /= out[d + 2];
      k /= weight[d + 2];
    }
    return at;
  }

  private Tensor gemm(NodeProto node) {
    boolean transposed = Onnx.integer(node, "transB", 0) == 1;
    boolean transA = Onnx.integer(node, "transA", 0) == 1;
    int columns = (int) value(node.getInput(3)).dim(transposed ? 0 : 1);
    long[] shape = {value(node.getInput(0)).dim(transA ? 1 : 0), columns};
    int[] sums = products(node, 0, 2, 3, 5, shape, transA, transposed);
    boolean biased = node.getInputCount() > 6 && !node.getInput(6).isEmpty();
    int[] bias = biased ? integers(value(node.getInput(6))) : new int[columns];
    for (int i = 0; i < sums.length; i++) {
      sums[i] += bias[bias.length == 1 ? 0 : i % columns];
    }
    return node.getInputCount() > 7 && !node.getInput(7).isEmpty()
        ? requantized(sums, columns, shape, new Requantization(node, 1, 4, 7))
        : scaled(node, sums, columns, shape, 1, 4, "");
  }

  private Tensor matMul(NodeProto node) {
    long[] shape = ofProduct(node, 3);
    int[] sums = products(node, 0, 2, 3, 5, shape, false, false);
    int columns = (int) shape[shape.length - 1];
    return requantized(sums, columns, shape, new Requantization(node, 1, 4, 6));
  }

  private Tensor matMulToFloat(NodeProto node) {
    long[] shape = ofProduct(node, 1);
    int[] sums = products(node, 0, 4, 1, 5, shape, false, false);
    String bias = node.getInputCount() > 6 ? node.getInput(6) : "";
    return scaled(node, sums, (int) shape[shape.length - 1], shape, 2, 3, bias);
  }

  /** The shape of a product of matrices, whose other axes are broadcast. */
  private long[] ofProduct(NodeProto node, int weight) {
    long[] x = value(node.getInput(0)).shape();
    long[] w = value(node.getInput(weight)).shape();
    long[] shape = new long[Math.max(x.length, w.length)];
    for (int i = 1; i <= shape.length; i++) {
      long ofX = i <= x.length ? x[x.length - i] : 1;
      long ofW = i <= w.length ? w[w.length - i] : 1;
      shape[shape.length - i] = i == 1 ? ofW : i == 2 ? ofX : Math.max(ofX, ofW);
    }
    return shape;
  }

  /** Which element of a tensor becomes element {@code i} where it is broadcast to a shape. */
  private static int broadcast(int i, long[] from, long[] to) {
    int at = 0;
    int size = 1;
    for (int axis = 1; axis <= from.length; axis++) {
      long dim = from[from.length - axis];
      long index = i % to[to.length - axis];
      at += (int) (dim == 1 ? 0 : index) * size;
      size *= (int) dim;
      i /= (int) to[to.length - axis];
    }
    return at;
  }

  private int[] products(
      NodeProto node,
      int a,
      int zeroA,
      int w,
      int zeroW,
      long[] shape,
      boolean transA,
      boolean transB) {
    Factor left = new Factor(node.getInput(a), optional(node, zeroA));
    Factor right = new Factor(node.getInput(w), optional(node, zeroW));
    Tensor weight = value(node.getInput(w));
    int columns = (int) weight.dim(transB ? -2 : -1);
    int k = (int) weight.dim(transB ? -1 : -2);
    int rows = left.bytes.length / k;
    long[] input = value(node.getInput(a)).shape();
    long[] inputRows = transA ? new long[] {rows} : Arrays.copyOf(input, input.length - 1);
    long[] stack = Arrays.copyOf(weight.shape(), weight.rank() - 2);
    int[] sums = new int[size(ints(shape))];
    int[] row = new int[k];
    int[] column = new int[k];
    for (int i = 0; i < sums.length; i++) {
      int channel = i % columns;
      int rowOfInput = broadcast(i / columns, inputRows, Arrays.copyOf(shape, shape.length - 1));
      int matrix =
          broadcast(
              i / columns / (int) shape[shape.length - 2],
              stack,
              Arrays.copyOf(shape, shape.length - 2));
      for (int j = 0; j < k; j++) {
        row[j] = left.bytes[transA ? j * rows + rowOfInput : rowOfInput * k + j];
        column[j] =
            right.bytes[matrix * k * columns + (transB ? channel * k + j : j * columns + channel)];
      }
      sums[i] =
          product(
              row,
              left.zeroPoint(0),
              left.signed,
              column,
              right.zeroPoint(channel),
              right.signed,
              true);
    }
    return sums;
  }

  private static String optional(NodeProto node, int input) {
    return input < node.getInputCount() ? node.getInput(input) : "";
  }

  // From sums of products to outputs

  /** From a sum in units of {@code s_x·s_w} to the output's bytes. */
  private final class Requantization {
    final ElementType type;
    private final float input;
    private final float[] weights;
    private final float output;
    private final int zeroPoint;

    Requantization(NodeProto node, int inputScale, int weightScale, int outputScale) {
      input = value(node.getInput(inputScale)).floats()[0];
      weights = value(node.getInput(weightScale)).floats();
      output = value(node.getInput(outputScale)).floats()[0];
      Tensor zero = value(node.getInput(outputScale + 1));
      type = zero.type();
      zeroPoint = integers(zero)[0];
    }

    byte of(int sum, int channel) {
      float scale = input * weights[weights.length == 1 ? 0 : channel] / output;
      int lowest = type == ElementType.INT8 ? Byte.MIN_VALUE : 0;
      double q = Math.rint(sum * scale) + zeroPoint;
      return (byte) (int) Math.max(lowest, Math.min(lowest + 255, q));
    }
  }

  private static Tensor requantized(int[] sums, int columns, long[] shape, Requantization to) {
    byte[] y = new byte[sums.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = to.of(sums[i], i % columns);
    }
    return Tensor.of(to.type, y, shape);
  }

  private Tensor scaled(
      NodeProto node, int[] sums, int columns, long[] shape, int input, int weight, String bias) {
    float inputScale = value(node.getInput(input)).floats()[0];
    float[] scales = value(node.getInput(weight)).floats();
    float[] biases = bias.isEmpty() ? new float[columns] : value(bias).floats();
    float[] y = new float[sums.length];
    for (int i = 0; i < y.length; i++) {
      y[i] =
          sums[i] * (inputScale * scales[scales.length == 1 ? 0 : i % columns])
              + biases[i % columns];
    }
    return Tensor.of(y, shape);
  }

  // Shapes and elements

  private static double[] reals(Tensor tensor) {
    double[] reals = new double[tensor.size()];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = tensor.floats()[i];
    }
    return reals;
  }

  private static int[] integers(Tensor tensor) {
    int[] integers = new int[tensor.size()];
    Object data = tensor.data();
    for (int i = 0; i < integers.length; i++) {
      integers[i] =
          switch (tensor.type()) {
            case UINT8 -> ((byte[]) data)[i] & 0xFF;
            case INT8 -> ((byte[]) data)[i];
            case INT32 -> ((int[]) data)[i];
            default -> throw new AssertionError(tensor.type() + " among a kernel's integers");
          };
    }
    return integers;
  }

  private static int[] attribute(NodeProto node, String name, int length, int otherwise) {
    List<Long> given = new ArrayList<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        given.addAll(attribute.getIntsList());
      }
    }
    int[] integers = new int[length];
    for (int i = 0; i < length; i++) {
      integers[i] = given.isEmpty() ? otherwise : given.get(i).intValue();
    }
    return integers;
  }

  private static int[] channelsFirst(long[] shape, boolean channelsLast) {
    int[] dims = ints(shape);
    if (channelsLast) {
      System.arraycopy(dims, 1, dims, 2, dims.length - 2);
      dims[1] = (int) shape[shape.length - 1];
    }
    return dims;
  }

  private static long[] toLongs(int[] dims, boolean channelsLast) {
    long[] shape = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      shape[i] = dims[i];
    }
    if (channelsLast) {
      System.arraycopy(shape, 2, shape, 1, dims.length - 2);
      shape[dims.length - 1] = dims[1];
    }
    return shape;
  }

  private static int[] ints(long[] longs) {
    int[] ints = new int[longs.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = Math.toIntExact(longs[i]);
    }
    return ints;
  }

  private static int size(int[] dims) {
    int size = 1;
    for (int dim : dims) {
      size *= dim;
    }
    return size;
  }
}
