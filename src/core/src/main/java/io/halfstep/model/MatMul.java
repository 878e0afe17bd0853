package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.util.List;

/** A product {@code [..., K] · [K, out]}; the weight may have leading ones. */
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
    return RowPatches.rows(Math.toIntExact(weight.dim(-2)));
  }

  @Override
  public List<Long> positions(List<Long> input, List<Long> output) {
    return input.size() > 1 ? input.subList(1, input.size() - 1) : List.of(-1L);
  }

  @Override
  public boolean keepsFirstAxis(NodeProto node) {
    return true;
  }

  /** The integer kernels support no leading ones. */
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
