package io.halfstep.model;

import static java.util.Objects.requireNonNullElseGet;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.tensor.ConvolutionGeometry;
import io.halfstep.tensor.Padding;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The common part of Conv and ConvTranspose: samples, channels, then spatial axes. */
abstract class Convolution extends LayerOperator {
  @Override
  final void canonicalize(GraphDraft draft) {
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : draft.nodes()) {
      TensorProto weight = Nodes.is(node, name()) ? draft.initializer(node.getInput(1)) : null;
      String bias = node.getInputCount() > 2 ? node.getInput(2) : "";
      if (weight == null || bias.isEmpty() || draft.initializer(bias) != null) {
        nodes.add(node);
      } else {
        String channels = SeparateBias.asChannels(draft, bias, weight.getDimsCount(), nodes);
        SeparateBias.append(draft, node, channels, nodes);
      }
    }
    draft.replaceNodes(nodes);
  }

  @Override
  final boolean takesBatchNorm() {
    return true;
  }

  @Override
  public final int spatialAxes(int weightRank) {
    return weightRank - 2;
  }

  @Override
  public final @Nullable String whyFloat(long[] weightShape) {
    return weightShape.length < 3 ? "its weight has no spatial axis" : null;
  }

  @Override
  public final boolean takesInput(int rank, int weightRank) {
    return rank == weightRank;
  }

  @Override
  public final boolean kernelsTake(int weightRank) {
    return true;
  }

  @Override
  public final boolean multipliesActivations() {
    return false;
  }

  @Override
  public final boolean hasBlockKernel() {
    return false;
  }

  /** Returns the spatial axes of a shape. */
  static List<Long> spatial(List<Long> shape) {
    return shape.size() > 2 ? shape.subList(2, shape.size()) : List.of(-1L);
  }

  static int groups(NodeProto node) {
    return Math.toIntExact(Attributes.of(node).integer("group", 1));
  }

  static ConvolutionGeometry geometry(
      NodeProto node, Tensor weight, boolean transposed, int @Nullable [] outputShape) {
    Attributes attributes = Attributes.of(node);
    int axes = weight.rank() - 2;
    int[] kernel = IntStream.range(2, weight.rank()).map(d -> (int) weight.dim(d)).toArray();
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
