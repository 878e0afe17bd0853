package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.ConvolutionPatches;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A convolution with a weight {@code [out, in/groups, kernel...]}. */
final class Conv extends Convolution {
  @Override
  public String name() {
    return "Conv";
  }

  @Override
  public WeightLayout layout(NodeProto node, Tensor weight) {
    return WeightLayout.rows(weight, groups(node));
  }

  @Override
  public Patches patches(NodeProto node, Tensor weight) {
    int groups = groups(node);
    int channels = Math.toIntExact(weight.dim(1)) * groups;
    return ConvolutionPatches.of(geometry(node, weight, false, null), channels, groups);
  }

  @Override
  public List<Long> positions(List<Long> input, long[] weight, List<Long> output) {
    return spatial(output);
  }

  @Override
  public Map<String, Integer> integerOperators() {
    return Map.of("QLinearConv", 3, "ConvInteger", 1);
  }

  @Override
  public List<Long> multiplications(
      NodeProto node, List<Long> input, List<Long> weight, List<Long> output) {
    return product(output, weight.subList(1, weight.size()));
  }
}
