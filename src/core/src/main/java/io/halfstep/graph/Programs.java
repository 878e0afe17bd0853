package io.halfstep.graph;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.ElementType;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Extracts parts of a model as separate models. */
final class Programs {
  private final ModelProto model;
  private final Map<String, TensorProto> initializers;
  private final Map<String, ElementType> types;

  Programs(
      ModelProto model, Map<String, TensorProto> initializers, Map<String, ElementType> types) {
    this.model = model;
    this.initializers = initializers;
    this.types = types;
  }

  /** Returns a model of one layer with the inputs x, w and, with a bias, b and the output y. */
  byte[] layer(Layer layer) {
    NodeProto.Builder node =
        named(layer.node()).toBuilder().clearInput().addInput("x").addInput("w").setOutput(0, "y");
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("layer")
            .addInput(Onnx.port("x", ElementType.FLOAT))
            .addInput(Onnx.port("w", ElementType.FLOAT))
            .addOutput(Onnx.port("y", ElementType.FLOAT));
    if (layer.bias() != null) {
      node.addInput("b");
      graph.addInput(Onnx.port("b", ElementType.FLOAT));
    }
    return serialized(graph.addNode(node));
  }

  /** Nodes with the constants that they read; the inputs and outputs are named as in the graph. */
  byte[] operators(List<NodeProto> nodes, List<String> inputs, List<String> outputs) {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("operators");
    nodes.forEach(node -> graph.addNode(named(node)));
    inputs.forEach(name -> graph.addInput(Onnx.port(name, requireNonNull(types.get(name)))));
    outputs.forEach(name -> graph.addOutput(Onnx.port(name, requireNonNull(types.get(name)))));
    Set<String> read = new LinkedHashSet<>();
    nodes.forEach(node -> read.addAll(Nodes.reads(node)));
    for (String name : read) {
      TensorProto constant = initializers.get(name);
      if (constant != null) {
        graph.addInitializer(constant);
      }
    }
    return serialized(graph);
  }

  /** A node without a name gets one, for ONNX Runtime's messages. */
  private static NodeProto named(NodeProto node) {
    return node.toBuilder().setName(Nodes.name(node)).build();
  }

  private byte[] serialized(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(model.getIrVersion())
        .addAllOpsetImport(model.getOpsetImportList())
        .addAllFunctions(model.getFunctionsList())
        .setGraph(graph)
        .build()
        .toByteArray();
  }
}
