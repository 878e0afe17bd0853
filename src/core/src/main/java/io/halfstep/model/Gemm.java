package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A product {@code A·B + C}, each operand transposed or not: {@code [K, out]} is B. */
final class Gemm extends MatrixProduct {
  @Override
  public String name() {
    return "Gemm";
  }

  @Override
  void canonicalize(GraphDraft draft) {
    GemmFactors.canonicalize(draft);
  }

  @Override
  boolean takesBatchNorm() {
    return true;
  }

  @Override
  public WeightLayout layout(NodeProto node, Tensor weight) {
    return isTransposed(node) ? WeightLayout.rows(weight, 1) : WeightLayout.columns(weight);
  }

  @Override
  public Patches patches(NodeProto node, Tensor weight) {
    int k = Math.toIntExact(weight.dim(isTransposed(node) ? 1 : 0));
    return sumsOverFirstAxis(node) ? RowPatches.columns(k) : RowPatches.rows(k);
  }

  private static boolean isTransposed(NodeProto node) {
    return Attributes.of(node).integer("transB", 0) != 0;
  }

  private static boolean sumsOverFirstAxis(NodeProto node) {
    return Attributes.of(node).integer("transA", 0) != 0;
  }

  @Override
  public List<Long> positions(List<Long> input, long[] weight, List<Long> output) {
    return List.of();
  }

  @Override
  public boolean multipliesActivations() {
    return false;
  }

  @Override
  public Map<String, Integer> integerOperators() {
    return Map.of("QGemm", 3);
  }

  @Override
  public boolean kernelsTake(int weightRank) {
    return true;
  }

  @Override
  public boolean hasBlockKernel() {
    return false;
  }

  @Override
  public List<Long> multiplications(
      NodeProto node, List<Long> input, List<Long> weight, List<Long> output) {
    return product(output, List.of(input.get(sumsOverFirstAxis(node) ? 0 : 1)));
  }
}
