package io.halfstep.graph;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElseGet;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.ConvolutionGeometry;
import io.halfstep.tensor.ConvolutionPatches;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Padding;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Tells which nodes are layers, and why others are not. */
final class LayerReader {
  static final Set<String> OPERATORS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  private final Map<String, TensorProto> initializers;

  LayerReader(Map<String, TensorProto> initializers) {
    this.initializers = initializers;
  }

  static boolean isCandidate(NodeProto node) {
    return Nodes.isStandard(node) && OPERATORS.contains(node.getOpType());
  }

  /** Why a candidate stays in float; null where it is a layer. */
  @Nullable String whyFloat(NodeProto node) {
    TensorProto weight = initializers.get(node.getInput(1));
    if (weight == null) {
      return initializers.containsKey(node.getInput(0))
          ? "its constant is the left operand; only one on the right is quantized"
          : "its weight is computed at run time";
    }
    if (weight.getDataType() != ElementType.FLOAT.onnx()) {
      return "its weight is of element type "
          + TensorProto.DataType.forNumber(weight.getDataType())
          + "; only FLOAT is quantized";
    }
    long[] shape = weight.getDimsList().stream().mapToLong(Long::longValue).toArray();
    if (Arrays.stream(shape).anyMatch(d -> d == 0)) {
      return "its weight is empty";
    }
    boolean convolution = node.getOpType().startsWith("Conv");
    if (convolution && shape.length < 3) {
      return "its weight has no spatial axis";
    }
    if (!convolution && shape.length < 2) {
      return "its weight is a vector";
    }
    if (Arrays.stream(shape, 0, Math.max(0, shape.length - 2)).anyMatch(d -> d != 1)
        && !convolution) {
      return "its weight is a stack of matrices " + Arrays.toString(shape);
    }
    return whyBiasIsWrong(node, layout(node, TensorProtos.decode(weight)).out());
  }

  private @Nullable String whyBiasIsWrong(NodeProto node, int out) {
    String name = bias(node);
    if (name == null) {
      return null;
    }
    TensorProto bias = initializers.get(name);
    if (bias == null) {
      return "its bias is computed at run time";
    }
    return bias.getDimsCount() == 1 && bias.getDims(0) == out
        ? null
        : "its bias has shape " + bias.getDimsList() + " instead of [" + out + "]";
  }

  private static @Nullable String bias(NodeProto node) {
    return node.getInputCount() > 2 && !node.getInput(2).isEmpty() ? node.getInput(2) : null;
  }

  Layer read(String name, NodeProto node, ClipFunction activation) {
    Tensor weight = TensorProtos.decode(requireNonNull(initializers.get(node.getInput(1))));
    String biasName = bias(node);
    Tensor bias =
        biasName == null ? null : TensorProtos.decode(requireNonNull(initializers.get(biasName)));
    WeightLayout layout = layout(node, weight);
    return new Layer(
        name, node, weight, bias, layout, patches(node, weight, layout.k()), activation);
  }

  private static WeightLayout layout(NodeProto node, Tensor weight) {
    Attributes attributes = Attributes.of(node);
    int groups = Math.toIntExact(attributes.integer("group", 1));
    return switch (node.getOpType()) {
      case "Conv" -> WeightLayout.rows(weight, groups);
      case "ConvTranspose" -> WeightLayout.transposed(weight, groups);
      case "Gemm" ->
          attributes.integer("transB", 0) == 0
              ? WeightLayout.columns(weight)
              : WeightLayout.rows(weight, 1);
      default -> WeightLayout.columns(weight);
    };
  }

  private static Patches patches(NodeProto node, Tensor weight, int k) {
    Attributes attributes = Attributes.of(node);
    int groups = Math.toIntExact(attributes.integer("group", 1));
    int first = Math.toIntExact(weight.dim(0));
    return switch (node.getOpType()) {
      case "Conv" ->
          ConvolutionPatches.of(
              geometry(attributes, weight, false), Math.toIntExact(weight.dim(1)) * groups, groups);
      case "ConvTranspose" ->
          ConvolutionPatches.of(geometry(attributes, weight, true), first, groups);
      case "Gemm" ->
          attributes.integer("transA", 0) == 0 ? RowPatches.rows(k) : RowPatches.columns(k);
      default -> RowPatches.rows(k);
    };
  }

  private static ConvolutionGeometry geometry(
      Attributes attributes, Tensor weight, boolean transposed) {
    int axes = weight.rank() - 2;
    int[] kernel = IntStream.range(2, weight.rank()).map(d -> (int) weight.dim(d)).toArray();
    int[] outputShape = transposed ? attributes.integers("output_shape") : null;
    return new ConvolutionGeometry(
        transposed,
        kernel,
        integers(attributes, "strides", axes, 1),
        integers(attributes, "dilations", axes, 1),
        padding(attributes, axes),
        integers(attributes, "output_padding", axes, 0),
        outputShape == null
            ? null
            : Arrays.copyOfRange(outputShape, outputShape.length - axes, outputShape.length));
  }

  private static Padding padding(Attributes attributes, int axes) {
    String autoPad = attributes.text("auto_pad", "NOTSET");
    int[] pads = integers(attributes, "pads", 2 * axes, 0);
    return new Padding(
        autoPad.equals("NOTSET") || autoPad.isEmpty()
            ? Padding.Mode.EXPLICIT
            : Padding.Mode.valueOf(autoPad),
        Arrays.copyOf(pads, axes),
        Arrays.copyOfRange(pads, axes, 2 * axes));
  }

  private static int[] integers(Attributes attributes, String name, int n, int otherwise) {
    return requireNonNullElseGet(
        attributes.integers(name), () -> IntStream.generate(() -> otherwise).limit(n).toArray());
  }
}
