package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.Arrays;
import java.util.List;

/**
 * Replaces a layer's bias by an Add behind the layer. For a bias that can't be part of a quantized
 * layer: one that is computed at run time, or that is no vector over the output channels.
 */
final class SeparateBias {
  private SeparateBias() {}

  /**
   * Appends a layer without its bias, and the Add.
   *
   * @param layer has three inputs and one output
   * @param bias what is added; it broadcasts to the output
   */
  static void append(GraphDraft draft, NodeProto layer, String bias, List<NodeProto> nodes) {
    String output = layer.getOutput(0);
    String product = draft.unique(output + "_without_bias");
    nodes.add(
        layer.toBuilder()
            .setName(Nodes.name(layer))
            .clearInput()
            .addInput(layer.getInput(0))
            .addInput(layer.getInput(1))
            .setOutput(0, product)
            .build());
    nodes.add(Onnx.node("Add", List.of(product, bias), List.of(output)));
  }

  /** Appends a node that makes a vector {@code [C]} broadcast as axis 1 of an output; its name. */
  static String asChannels(GraphDraft draft, String vector, int rank, List<NodeProto> nodes) {
    long[] shape = new long[rank];
    Arrays.fill(shape, 1);
    shape[1] = -1;
    String name = vector + "_shape";
    TensorProto constant = TensorProtos.encode(name, Tensor.of(ElementType.INT64, shape, rank));
    String channels = draft.unique(vector + "_channels");
    nodes.add(Onnx.node("Reshape", List.of(vector, draft.add(name, constant)), List.of(channels)));
    return channels;
  }
}
