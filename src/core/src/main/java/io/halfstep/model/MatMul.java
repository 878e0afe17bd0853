package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A product {@code [..., K] · [K, out]}. A weight with further axes is a stack of matrices, each
 * with output channels of its own; all are the rows of the layer's matrix, a group for each.
 */
final class MatMul extends MatrixProduct {
  @Override
  public String name() {
    return "MatMul";
  }

  @Override
  void canonicalize(GraphDraft draft) {
    MatMulWeights.flatten(draft);
  }

  /** Axis 1 of the output may have any meaning. */
  @Override
  boolean takesBatchNorm() {
    return false;
  }

  @Override
  public WeightLayout layout(NodeProto node, Tensor weight) {
    return WeightLayout.columns(weight);
  }

  @Override
  public Patches patches(NodeProto node, Tensor weight) {
    return layout(node, weight).groups() == 1
        ? RowPatches.rows(Math.toIntExact(weight.dim(-2)))
        : RowPatches.ofStack(weight.shape());
  }

  /**
   * The rows of a sample's input, in all matrices that the same matrix of the weight multiplies.
   */
  @Override
  public List<Long> positions(List<Long> input, long[] weight, List<Long> output) {
    if (input.size() < 2) {
      return List.of(-1L);
    }
    int rows = input.size() - 2;
    List<Long> factors = new ArrayList<>();
    for (int axis = 0; axis <= rows; axis++) {
      int ofWeight = weight.length - input.size() + axis;
      boolean tellsMatrix = axis < rows && ofWeight >= 0 && weight[ofWeight] > 1;
      if (!tellsMatrix && axis > 0) {
        factors.add(input.get(axis));
      }
    }
    return factors;
  }

  /** With several scales, the integer kernels support no further axes. */
  @Override
  public boolean multipliesActivations() {
    return true;
  }

  @Override
  public Map<String, Integer> integerOperators() {
    return Map.of(
        "QLinearMatMul", 3,
        "MatMulInteger", 1,
        "MatMulIntegerToFloat", 1,
        "DynamicQuantizeMatMul", 1);
  }

  @Override
  public boolean kernelsTake(int weightRank) {
    return weightRank <= 2;
  }

  @Override
  public boolean hasBlockKernel() {
    return true;
  }

  @Override
  public List<Long> multiplications(
      NodeProto node, List<Long> input, List<Long> weight, List<Long> output) {
    return product(output, List.of(input.get(input.size() - 1)));
  }
}
