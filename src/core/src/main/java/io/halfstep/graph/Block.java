package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;

/**
 * A part of a network with one entry and one exit: a residual block, an inverted residual, half of
 * a transformer block, or a chain of layers. It is the unit of block reconstruction ([B] §3.2).
 *
 * @param nodes in topological order
 * @param inputs the tensors that it reads from outside, except initializers
 * @param outputs the tensors that it makes and that other blocks read, or the graph's user: one at
 *     most that other blocks read, except in the first block
 * @param layers its layers, in order; none in the first block
 */
public record Block(
    List<NodeProto> nodes, List<String> inputs, List<String> outputs, List<Layer> layers) {

  /** Returns the name of its first layer; no name is defined for the block without layers. */
  public String name() {
    return layers.get(0).name();
  }
}
