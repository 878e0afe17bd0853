package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operator whose weight is quantized: input 0 of its node is the activation, input 1 the weight,
 * input 2 the bias if there is one. What the operators differ in, from folding to export, is here
 * and nowhere else; a new one is a subclass, listed in {@link LayerOperators}. Nothing has a
 * default, so that a new operator answers every question.
 */
public abstract class LayerOperator {
  LayerOperator() {}

  /** The operator's name in ONNX. */
  public abstract String name();

  /**
   * Rewrites the nodes of this operator so that weight and bias are all that there is to quantize;
   * what the graph computes stays.
   */
  abstract void canonicalize(GraphDraft draft);

  /**
   * Whether a batch norm that reads the output can go into weight and bias: where it is always axis
   * 1 of the output that counts the output channels.
   */
  abstract boolean takesBatchNorm();

  /**
   * How many axes of a weight of this rank are spatial; strides and the like have one entry each.
   */
  abstract int spatialAxes(int weightRank);

  /** Why a weight of this shape, without zeros, is not quantized; null where it is. */
  public abstract @Nullable String whyFloat(long[] weightShape);

  /** The weight as a matrix. */
  public abstract WeightLayout layout(NodeProto node, Tensor weight);

  /** The input as columns. */
  public abstract Patches patches(NodeProto node, Tensor weight);

  /**
   * What multiplies to the number of times that each weight is used for a single sample; negative
   * where it is unknown.
   *
   * @param input the input's shape; negative where unknown, empty where even the rank is
   * @param output the output's shape, likewise
   */
  public abstract List<Long> positions(List<Long> input, List<Long> output);

  /** Whether the first axis of an input with several axes counts samples: it is not summed over. */
  public abstract boolean keepsFirstAxis(NodeProto node);

  /** Whether an input may have so many axes; ONNX Runtime may abort the process over others. */
  public abstract boolean takesInput(int rank, int weightRank);

  /**
   * Whether ONNX Runtime computes with integers where the node stands between DequantizeLinear and
   * QuantizeLinear.
   */
  public abstract boolean hasIntegerKernel();

  /**
   * Whether all that ONNX Runtime would put in the node's place takes a weight of this rank. Where
   * it does not, the export keeps the node from being replaced.
   */
  public abstract boolean kernelsTake(int weightRank);

  /** Whether ONNX Runtime multiplies by blocks of 4 bits in a kernel of its own (MatMulNBits). */
  public abstract boolean hasBlockKernel();

  @Override
  public final String toString() {
    return name();
  }
}
