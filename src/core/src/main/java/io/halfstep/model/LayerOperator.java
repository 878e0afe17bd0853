package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An operator whose weight is quantized: input 0 of its node is the activation, input 1 the weight,
 * input 2 the bias if there is one. Everything that is specific to an operator, from folding to
 * export, is here; a new operator is a subclass, listed in {@link LayerOperators}. No method has a
 * default, so that a new operator must define each.
 */
public abstract class LayerOperator {
  LayerOperator() {}

  /** Returns the operator's name in ONNX. */
  public abstract String name();

  /**
   * Rewrites the nodes of this operator so that only weight and bias are left to quantize; the
   * graph's function stays the same.
   */
  abstract void canonicalize(GraphDraft draft);

  /**
   * Returns whether a batch norm after the node can be folded into weight and bias, that is,
   * whether axis 1 of the output always counts the output channels.
   */
  abstract boolean takesBatchNorm();

  /**
   * Returns how many axes of a weight of this rank are spatial; strides and the like have one entry
   * each.
   */
  public abstract int spatialAxes(int weightRank);

  /** Returns why a weight of this shape, without zeros, is not quantized; null if it is. */
  public abstract @Nullable String whyFloat(long[] weightShape);

  /** Returns the weight as a matrix. */
  public abstract WeightLayout layout(NodeProto node, Tensor weight);

  /** Returns the input as columns. */
  public abstract Patches patches(NodeProto node, Tensor weight);

  /**
   * Returns the factors of the number of times that each weight is used for a single sample;
   * negative if unknown.
   *
   * @param input the input's shape; negative if unknown, empty if even the rank is
   * @param weight the weight's shape
   * @param output the output's shape, as the input's
   */
  public abstract List<Long> positions(List<Long> input, long[] weight, List<Long> output);

  /**
   * Returns the factors of a node's multiply-accumulates, also of one whose weight is computed;
   * negative if unknown.
   *
   * @param input the shape of input 0, of known rank
   * @param weight the shape of input 1, of known rank
   * @param output the output's shape; empty if even the rank is unknown
   */
  public abstract List<Long> multiplications(
      NodeProto node, List<Long> input, List<Long> weight, List<Long> output);

  /**
   * Returns whether an input may have this many axes; ONNX Runtime may abort the process for
   * others.
   */
  public abstract boolean takesInput(int rank, int weightRank);

  /**
   * Returns whether ONNX Runtime computes with integers if the node is between DequantizeLinear and
   * QuantizeLinear.
   */
  public final boolean hasIntegerKernel() {
    return !integerOperators().isEmpty();
  }

  /**
   * Returns the operators that compute the same with integers, of any domain, and which of their
   * inputs is the weight.
   */
  public abstract Map<String, Integer> integerOperators();

  /**
   * Returns whether every operator that ONNX Runtime may substitute for the node supports a weight
   * of this rank with a scale for each channel. If not, the export prevents the substitution.
   */
  public abstract boolean kernelsTake(int weightRank);

  /** Returns whether runtimes also multiply two activations by it in integers, as in attention. */
  public abstract boolean multipliesActivations();

  /** Returns whether ONNX Runtime has a kernel for weights in blocks of 4 bits (MatMulNBits). */
  public abstract boolean hasBlockKernel();

  /** Returns the factors of both; −1 if the first shape's rank is unknown. */
  static List<Long> product(List<Long> shape, List<Long> others) {
    return shape.isEmpty() ? List.of(-1L) : Stream.concat(shape.stream(), others.stream()).toList();
  }

  @Override
  public final String toString() {
    return name();
  }
}
