package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.TensorProtos;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks a model before anything else reads it: every tensor is complete, strides and similar
 * attributes are positive, and a layer has one per spatial axis of its weight. ONNX Runtime detects
 * most other errors, but these would crash the process.
 */
final class WellFormed {
  private static final Map<String, Integer> ENTRIES_PER_AXIS =
      Map.of("kernel_shape", 1, "strides", 1, "dilations", 1, "output_padding", 1, "pads", 2);

  private WellFormed() {}

  static void check(ModelProto model) {
    check(model.getGraph());
    for (FunctionProto function : model.getFunctionsList()) {
      function.getNodeList().forEach(WellFormed::check);
    }
  }

  private static void check(GraphProto graph) {
    graph.getInitializerList().forEach(TensorProtos::check);
    graph.getSparseInitializerList().forEach(WellFormed::check);
    Map<String, List<Long>> shapes = new HashMap<>();
    graph.getInitializerList().forEach(t -> shapes.put(t.getName(), t.getDimsList()));
    for (NodeProto node : graph.getNodeList()) {
      check(node);
      LayerOperator operator = LayerOperators.named(node.getOpType());
      if (operator != null && node.getInputCount() > 1) {
        List<Long> shape = shapes.getOrDefault(node.getInput(1), List.of());
        int axes = operator.spatialAxes(shape.size());
        checkAxes(node, axes);
        checkChannels(node, axes, shape);
      }
    }
  }

  private static void checkAxes(NodeProto node, int axes) {
    for (AttributeProto attribute : node.getAttributeList()) {
      Integer perAxis = ENTRIES_PER_AXIS.get(attribute.getName());
      if (axes > 0 && perAxis != null && attribute.getIntsCount() != axes * perAxis) {
        throw new InvalidInputException(
            "node '%s': attribute %s has %d entries, for %d spatial axes expected %d"
                .formatted(
                    Nodes.name(node),
                    attribute.getName(),
                    attribute.getIntsCount(),
                    axes,
                    axes * perAxis));
      }
    }
  }

  private static void checkChannels(NodeProto node, int axes, List<Long> shape) {
    if (axes > 0 && shape.contains(0L)) {
      throw new InvalidInputException(
          ("node '%s' (%s): its weight '%s' has shape %s, but ONNX Runtime takes no convolution"
                  + " without channels; remove the node and its readers from the model")
              .formatted(Nodes.name(node), node.getOpType(), node.getInput(1), shape));
    }
  }

  private static void check(NodeProto node) {
    for (AttributeProto attribute : node.getAttributeList()) {
      checkPositive(node, attribute);
      if (attribute.hasT()) {
        TensorProtos.check(attribute.getT());
      }
      attribute.getTensorsList().forEach(TensorProtos::check);
      if (attribute.hasSparseTensor()) {
        check(attribute.getSparseTensor());
      }
      attribute.getSparseTensorsList().forEach(WellFormed::check);
      if (attribute.hasG()) {
        check(attribute.getG());
      }
      attribute.getGraphsList().forEach(WellFormed::check);
    }
  }

  private static void checkPositive(NodeProto node, AttributeProto attribute) {
    boolean positive =
        switch (attribute.getName()) {
          case "strides", "dilations", "kernel_shape" ->
              attribute.getIntsList().stream().allMatch(i -> i > 0);
          case "group" -> attribute.getI() > 0;
          default -> true;
        };
    if (!positive) {
      throw new InvalidInputException(
          "node '%s': attribute %s is %s, expected positive numbers"
              .formatted(
                  Nodes.name(node),
                  attribute.getName(),
                  attribute.getIntsCount() > 0 ? attribute.getIntsList() : attribute.getI()));
    }
  }

  private static void check(SparseTensorProto tensor) {
    List<Long> shape = tensor.getDimsList();
    if (shape.stream().anyMatch(d -> d < 0)) {
      throw new InvalidInputException(
          "sparse tensor '%s': shape %s is impossible"
              .formatted(tensor.getValues().getName(), shape));
    }
    TensorProtos.check(tensor.getValues());
    TensorProtos.check(tensor.getIndices());
  }
}
