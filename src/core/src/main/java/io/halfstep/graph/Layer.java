package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.LayerOperator;
import io.halfstep.model.WeightLayout;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A node whose weight is quantized.
 *
 * @param name the node's name, or its output's where it has none; unique in the graph
 * @param operator the node's operator
 * @param node the node in the folded model; input 0 is the activation, input 1 the weight, input 2
 *     the bias if there is one
 * @param weight the weight, FLOAT, in ONNX order
 * @param bias the bias {@code [out]}, FLOAT, or null
 * @param layout the weight as a matrix {@code [out, K]}
 * @param patches the layer's input as columns
 * @param activation the activation function that is the only reader of the layer's output, {@code
 *     f_a} of [A] eq. 25; the identity if there is none, or one that does not clip
 */
public record Layer(
    String name,
    LayerOperator operator,
    NodeProto node,
    Tensor weight,
    @Nullable Tensor bias,
    WeightLayout layout,
    Patches patches,
    ClipFunction activation) {

  /** Returns the operator's name in ONNX. */
  public String op() {
    return operator.name();
  }

  /** Returns the tensor that the layer reads. */
  public String input() {
    return node.getInput(0);
  }

  /** Returns the tensor that the layer makes. */
  public String output() {
    return node.getOutput(0);
  }

  /** Returns whether the channels are the last axis, as of a matrix product, or else axis 1. */
  public boolean channelsAreLast() {
    return patches instanceof RowPatches;
  }

  /** Returns whether the last axis of the layer's input counts the inputs of its rows. */
  public boolean multipliesChannels() {
    return patches instanceof RowPatches rows && !rows.isTransposed();
  }

  /** Returns whether the layer computes {@code [..., K] · [K, out]}, with one matrix for all. */
  public boolean isMatrixProduct() {
    return multipliesChannels() && weight.rank() == 2;
  }

  /** Returns the number of channels that the layer reads. */
  public int inputChannels() {
    return layout.k() / kernelPositions() * layout.groups();
  }

  /**
   * Returns the input channel that an element of a column belongs to.
   *
   * @param column the element's place in its group's column, below K
   */
  public int inputChannel(int group, int column) {
    int positions = kernelPositions();
    return group * (layout.k() / positions) + column / positions;
  }

  private int kernelPositions() {
    int positions = 1;
    for (int axis = 2; !channelsAreLast() && axis < weight.rank(); axis++) {
      positions *= Math.toIntExact(weight.dim(axis));
    }
    return positions;
  }
}
