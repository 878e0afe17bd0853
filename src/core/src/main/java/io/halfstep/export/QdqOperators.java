package io.halfstep.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.model.WeightLayout;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.Target;
import io.halfstep.tensor.Tensor;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes QuantizeLinear and DequantizeLinear [O] with their parameters, in the order of the calls.
 * The parameters of tensor {@code t} are {@code t_scale} and {@code t_zero_point}, the integers of
 * a constant are {@code t_quantized}.
 */
final class QdqOperators {
  /**
   * The domain of ONNX Runtime's operators; its QuantizeLinear and DequantizeLinear are equivalent
   * to ONNX's.
   */
  static final String MICROSOFT = "com.microsoft";

  private static final float MOST = Float.MAX_VALUE;

  /** Block sizes of ONNX Runtime's MatMulNBits. */
  static final int GREATEST_KERNEL_BLOCK = 256;

  private static final int CLIP_WITH_INPUTS = 11;
  private static final int SLICE_WITH_INPUTS = 10;

  private final TensorNames names;
  private final String domain;
  private final int opset;
  private final Target target;
  private final WeightStorage storage;
  private final List<NodeProto> nodes = new ArrayList<>();
  private final List<TensorProto> initializers = new ArrayList<>();

  /**
   * @param domain ONNX's own (empty), or {@link #MICROSOFT}
   * @param opset the version of ONNX's operators in this graph
   * @param storage of the integers of weights; its target decides how others are stored
   */
  QdqOperators(TensorNames names, String domain, int opset, WeightStorage storage) {
    this.names = names;
    this.domain = domain;
    this.opset = opset;
    this.target = storage.target();
    this.storage = storage;
  }

  List<NodeProto> nodes() {
    return nodes;
  }

  List<TensorProto> initializers() {
    return initializers;
  }

  void add(NodeProto node) {
    nodes.add(node);
  }

  /** Divides an activation by the factors of its channels, powers of two. */
  String divided(String from, ChannelFactors factors) {
    String inverse =
        constant(
            Onnx.tensor(
                names.unique(from + "_factors"), factors.inverse().values(), factors.channels()));
    String to = names.unique(from + "_equalized");
    add(
        Onnx.node("Mul", List.of(from, inverse), List.of(to)).toBuilder()
            .setName(names.unique(to + "/Mul"))
            .build());
    return to;
  }

  /** Quantizes {@code from} and dequantizes it to {@code to}. */
  void roundTrip(String from, String to, Encoding encoding) {
    Grid grid = encoding.grid();
    StorageType type = StorageType.ofActivation(grid, target);
    String scale = constant(Onnx.tensor(names.unique(to + "_scale"), scale(encoding)));
    String zero = names.unique(to + "_zero_point");
    constant(Onnx.tensor(zero, type.onnx(), type.pack(grid, encoding.zeroPoint(0))));
    String clamped = type.isExactly(grid) ? from : clip(from, to, encoding);
    String quantized = names.unique(to + "_quantized");
    linear("QuantizeLinear", List.of(clamped, scale, zero), quantized, List.of());
    linear("DequantizeLinear", List.of(quantized, scale, zero), to, List.of());
  }

  /**
   * Returns the same reals, but not of a DequantizeLinear: a layer that reads from one, and writes
   * to a QuantizeLinear, has its constant weight rounded to int8 by ONNX Runtime
   * (WeightBiasQuantization). Of its optimizations, none removes a minimum.
   */
  String separate(String real) {
    String to = names.unique(real + "_separate");
    String most = constant(Onnx.tensor(names.unique(real + "_most"), new float[] {MOST}));
    add(Onnx.node("Min", List.of(real, most), List.of(to)));
    return to;
  }

  private static float[] scale(Encoding encoding) {
    return new float[] {encoding.scale(0)};
  }

  /**
   * Clamps before rounding if the grid is narrower than its element type: {@code round(clip(x,
   * s·(n−z), s·(p−z))/s) + z = clamp(round(x/s) + z, n, p)}.
   */
  private String clip(String from, String to, Encoding encoding) {
    float lowest = encoding.dequantize(encoding.grid().lowest(), 0);
    float highest = encoding.dequantize(encoding.grid().highest(), 0);
    String clipped = names.unique(to + "_clipped");
    if (opset < CLIP_WITH_INPUTS) {
      add(
          Onnx.node(
              "Clip",
              List.of(from),
              List.of(clipped),
              Onnx.attribute("min", lowest),
              Onnx.attribute("max", highest)));
    } else {
      String min = constant(Onnx.tensor(names.unique(to + "_min"), new float[] {lowest}));
      String max = constant(Onnx.tensor(names.unique(to + "_max"), new float[] {highest}));
      add(Onnx.node("Clip", List.of(from, min, max), List.of(clipped)));
    }
    return clipped;
  }

  /**
   * Writes a weight as integers and dequantizes it.
   *
   * @param name the float weight's name
   * @param dims the weight's shape in ONNX
   * @param apart whether to prevent that an integer kernel replaces the layer
   * @return the dequantized weight's name
   */
  String weight(
      String name, QuantizedWeight weight, WeightLayout layout, long[] dims, boolean apart) {
    Encoding encoding = weight.encoding();
    int channels = encoding.channels();
    if (encoding.isBlocked() && domain.equals(MICROSOFT)) {
      return blocksAsRows(name, weight, layout, dims);
    }
    if (channels > 1 && !encoding.isBlocked() && dims[layout.channelAxis()] != channels) {
      return channelsAsRows(name, weight, layout, dims);
    }
    // ONNX Runtime's patterns look for the layer right after DequantizeLinear.
    long[] stored = apart ? withOneMore(dims) : dims;
    QdqParameters parameters = QdqParameters.of(encoding, layout, stored);
    int[] integers = layout.fromRows(weight.integers());
    String dequantized = constant(name, encoding.grid(), integers, stored, parameters);
    return apart ? reshape(name, dequantized, dims) : dequantized;
  }

  /**
   * Returns whether ONNX Runtime 1.23 would replace a layer after DequantizeLinear by an integer
   * kernel that does not support such a weight. It checks neither scales nor zero points, and then
   * fails for 8-bit weights in blocks or with zero points that differ between channels, and
   * computes wrong results for blocks beyond 256.
   */
  static boolean misleadsKernels(Encoding encoding, boolean inputIsQuantized) {
    boolean bytes = encoding.grid().bits() > 4;
    if (encoding.isBlocked()) {
      return (bytes && inputIsQuantized)
          || encoding.granularity().blockSize() > GREATEST_KERNEL_BLOCK;
    }
    return inputIsQuantized && bytes && Arrays.stream(encoding.zeroPoints()).distinct().count() > 1;
  }

  private static long[] withOneMore(long[] dims) {
    long[] more = Arrays.copyOf(dims, dims.length + 1);
    more[dims.length] = 1;
    return more;
  }

  /**
   * A weight of several groups, {@code [groups·in, out/groups, …]} of a transposed convolution or
   * {@code [groups…, in, out/groups]} of a stack of matrices, has no axis for its output channels.
   * So its integers are stored as the layer's matrix {@code [out, K]}, and transposed after
   * dequantization; a runtime does that when it loads the model.
   */
  private String channelsAsRows(
      String name, QuantizedWeight weight, WeightLayout layout, long[] dims) {
    Encoding encoding = weight.encoding();
    long[] matrix = {weight.out(), weight.k()};
    QdqParameters parameters = QdqParameters.byChannel(encoding, 0);
    String flat = constant(name, encoding.grid(), weight.integers(), matrix, parameters);
    return fromRows(name, flat, weight, layout, dims);
  }

  /** Turns a layer's matrix {@code [out, K]} into its weight. */
  String fromRows(
      String name, String rows, QuantizedWeight weight, WeightLayout layout, long[] dims) {
    int groups = layout.groups();
    int positions =
        Tensor.elements(Arrays.copyOfRange(dims, layout.channelAxis() + 1, dims.length));
    if (positions == weight.k()) {
      return reshape(name, rows, dims);
    }
    String split =
        reshape(name, rows, groups, weight.out() / groups, weight.k() / positions, positions);
    return reshape(name, transpose(name, split, 0, 2, 1, 3), dims);
  }

  /**
   * ONNX Runtime's own DequantizeLinear does not support blocks. So each block, or an equal part of
   * it if the last one of a row is shorter, is stored as a row with one scale.
   */
  private String blocksAsRows(
      String name, QuantizedWeight weight, WeightLayout layout, long[] dims) {
    Encoding encoding = weight.encoding();
    int out = weight.out();
    int k = weight.k();
    int blockSize = encoding.granularity().blockSize();
    int size = BigInteger.valueOf(blockSize).gcd(BigInteger.valueOf(k)).intValueExact();
    long[] rowDims = {(long) out * k / size, size};
    QdqParameters parameters = QdqParameters.byRun(encoding, k, size);
    String flat = constant(name, encoding.grid(), weight.integers(), rowDims, parameters);
    if (layout.channelAxis() < layout.inputAxis()) {
      return reshape(name, flat, dims);
    }
    String turned = transpose(name, reshape(name, flat, out, k), 1, 0);
    return reshape(name, turned, dims);
  }

  /** Keeps the first {@code kept} of {@code length} places of an axis. */
  String beginning(String name, String from, int axis, int length, int kept) {
    if (kept == length) {
      return from;
    }
    String to = names.unique(name + "_first");
    long[] start = {0};
    long[] end = {kept};
    long[] axes = {axis};
    if (opset < SLICE_WITH_INPUTS) {
      add(
          Onnx.node(
              "Slice",
              List.of(from),
              List.of(to),
              Onnx.attribute("starts", start),
              Onnx.attribute("ends", end),
              Onnx.attribute("axes", axes)));
    } else {
      String starts = constant(Onnx.tensor(names.unique(to + "_start"), start, 1));
      String ends = constant(Onnx.tensor(names.unique(to + "_end"), end, 1));
      String along = constant(Onnx.tensor(names.unique(to + "_axis"), axes, 1));
      add(Onnx.node("Slice", List.of(from, starts, ends, along), List.of(to)));
    }
    return to;
  }

  String transpose(String name, String from, long... permutation) {
    String to = names.unique(name + "_transposed");
    add(Onnx.node("Transpose", List.of(from), List.of(to), Onnx.attribute("perm", permutation)));
    return to;
  }

  String reshape(String name, String from, long... shape) {
    String to = names.unique(name + "_reshaped");
    String dims = constant(Onnx.tensor(names.unique(name + "_shape"), shape, shape.length));
    add(Onnx.node("Reshape", List.of(from, dims), List.of(to)));
    return to;
  }

  private String constant(
      String name, Grid grid, int[] integers, long[] dims, QdqParameters parameters) {
    String quantized = integers(name, grid, integers, storage.type(grid), dims);
    return dequantized(name, quantized, grid, parameters);
  }

  /** Writes integers that have this type once the runtime has loaded the model. */
  private String integers(String name, Grid grid, int[] integers, StorageType type, long... dims) {
    String quantized = names.unique(name + "_quantized");
    if (!storage.packs(grid, integers.length)) {
      return constant(Onnx.tensor(quantized, type.onnx(), type.pack(grid, integers), dims));
    }
    String planes = constant(QdqBitPlanes.tensor(names.unique("planes"), grid, type, integers));
    add(QdqBitPlanes.node(planes, quantized, grid, type, dims));
    return quantized;
  }

  /**
   * Writes integers that a product of integers reads as bytes: those of up to 4 bits in 4, where
   * the opset can cast them. Bytes of so few bits don't saturate.
   */
  String bytes(String name, Grid grid, int[] integers, long... dims) {
    StorageType bytes = StorageType.ofProduct(grid, target);
    StorageType smallest = storage.type(grid);
    boolean casts = opset >= smallest.opset() && !storage.packs(grid, integers.length);
    StorageType stored = casts ? smallest : bytes;
    String quantized = integers(name, grid, integers, stored, dims);
    if (stored == bytes) {
      return quantized;
    }
    String cast = names.unique(name + "_bytes");
    cast(quantized, cast, bytes.onnx());
    return cast;
  }

  /** Writes the zero points of {@link #bytes}: one, if all are equal. */
  String zeroPoint(String name, Encoding encoding) {
    StorageType type = StorageType.ofProduct(encoding.grid(), target);
    int[] all = encoding.zeroPoints();
    boolean equal = Arrays.stream(all).distinct().count() == 1;
    int[] zeroPoints = equal ? new int[] {all[0]} : all;
    long[] dims = equal ? new long[0] : new long[] {all.length};
    return constant(
        Onnx.tensor(
            names.unique(name + "_zero_point"),
            type.onnx(),
            type.pack(encoding.grid(), zeroPoints),
            dims));
  }

  void cast(String from, String to, int type) {
    add(Onnx.node("Cast", List.of(from), List.of(to), Onnx.attribute("to", (long) type)));
  }

  /** Returns how integers are stored of which runtimes gather rows: a byte, even for 4 bits. */
  StorageType gathered(Grid grid) {
    return grid.bits() <= 4 ? StorageType.UINT8 : storage.type(grid);
  }

  /** Dequantizes integers of a constant. */
  String dequantized(String name, String quantized, Grid grid, QdqParameters parameters) {
    StorageType type = storage.type(grid);
    String scale = names.unique(name + "_scale");
    constant(Onnx.tensor(scale, parameters.scales(), parameters.dims()));
    String zero = names.unique(name + "_zero_point");
    constant(
        Onnx.tensor(
            zero, type.onnx(), type.pack(grid, parameters.zeroPoints()), parameters.dims()));
    String dequantized = names.unique(name + "_dequantized");
    linear(
        "DequantizeLinear", List.of(quantized, scale, zero), dequantized, parameters.attributes());
    return dequantized;
  }

  /** Writes a bias as int32, and dequantizes it; its zero point is always 0. */
  String bias(String name, IntegerBias bias) {
    boolean perChannel = bias.scales().length > 1;
    String quantized = names.unique(name + "_quantized");
    constant(Onnx.tensor(quantized, bias.integers(), bias.integers().length));
    String scale = names.unique(name + "_scale");
    constant(
        Onnx.tensor(
            scale, bias.scales(), perChannel ? new long[] {bias.scales().length} : new long[0]));
    String dequantized = names.unique(name + "_dequantized");
    List<AttributeProto> axis =
        perChannel ? List.of(Onnx.attribute("axis", 0)) : List.<AttributeProto>of();
    linear("DequantizeLinear", List.of(quantized, scale), dequantized, axis);
    return dequantized;
  }

  /** Writes a bias in float. */
  String corrected(String name, Tensor bias) {
    return constant(Onnx.tensor(names.unique(name + "_corrected"), bias.floats(), bias.shape()));
  }

  void linear(String op, List<String> inputs, String output, List<AttributeProto> attributes) {
    add(
        Onnx.node(op, inputs, List.of(output)).toBuilder()
            .addAllAttribute(attributes)
            .setName(names.unique(output + "/" + op))
            .setDomain(domain)
            .build());
  }

  String constant(TensorProto tensor) {
    initializers.add(tensor);
    return tensor.getName();
  }
}
