package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.ConvolutionPatches;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A transposed convolution with a weight {@code [in, out/groups, kernel...]}. */
final class ConvTranspose extends Convolution {
  @Override
  public String name() {
    return "ConvTranspose";
  }

  @Override
  public WeightLayout layout(NodeProto node, Tensor weight) {
    return WeightLayout.transposed(weight, groups(node));
  }

  @Override
  public Patches patches(NodeProto node, Tensor weight) {
    int[] outputShape = Attributes.of(node).integers("output_shape");
    return ConvolutionPatches.of(
        geometry(node, weight, true, outputShape), Math.toIntExact(weight.dim(0)), groups(node));
  }

  /** Each weight is used once at each position of the input. */
  @Override
  public List<Long> positions(List<Long> input, long[] weight, List<Long> output) {
    return spatial(input);
  }

  @Override
  public Map<String, Integer> integerOperators() {
    return Map.of();
  }

  @Override
  public List<Long> multiplications(
      NodeProto node, List<Long> input, List<Long> weight, List<Long> output) {
    return product(input, weight.subList(1, weight.size()));
  }
}
