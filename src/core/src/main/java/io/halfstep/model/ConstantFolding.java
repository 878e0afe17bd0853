package io.halfstep.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.OnnxRuntimeException;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Evaluates nodes that depend on constants only, so that weights behind {@code Identity}, {@code
 * Constant}, {@code Transpose}, {@code DequantizeLinear} … become initializers. Nodes that ONNX
 * Runtime refuses, that give no tensor of numbers, or that make a graph output stay.
 */
final class ConstantFolding {
  private final GraphDraft draft;

  private ConstantFolding(GraphDraft draft) {
    this.draft = draft;
  }

  static void fold(GraphDraft draft) {
    new ConstantFolding(draft).fold();
  }

  private void fold() {
    List<NodeProto> kept = new ArrayList<>();
    for (NodeProto node : draft.nodes()) {
      if (!isFoldable(node) || !define(node)) {
        kept.add(node);
      }
    }
    draft.replaceNodes(kept);
  }

  private boolean isFoldable(NodeProto node) {
    return Nodes.isDeterministic(node)
        && Nodes.makes(node).stream().noneMatch(draft::isOutput)
        && Nodes.reads(node).stream().allMatch(name -> draft.initializer(name) != null);
  }

  private boolean define(NodeProto node) {
    Optional<TensorProto> known = known(node);
    if (known.isPresent()) {
      draft.define(node.getOutput(0), known.get());
      return true;
    }
    try (OnnxProgram program = OnnxProgram.load(program(node), new Options(1, Optimization.NONE))) {
      Map<String, Tensor> results = program.run(Map.of());
      results.forEach((name, tensor) -> draft.define(name, TensorProtos.encode(name, tensor)));
      return true;
    } catch (OnnxRuntimeException e) {
      return false;
    }
  }

  /** Nodes that need no computation. */
  private Optional<TensorProto> known(NodeProto node) {
    if (Nodes.is(node, "Identity")) {
      return Optional.ofNullable(draft.initializer(node.getInput(0)));
    }
    if (Nodes.is(node, "Constant")) {
      AttributeProto value = Attributes.of(node).find("value");
      AttributeProto sparse = Attributes.of(node).find("sparse_value");
      return value != null
          ? Optional.of(value.getT())
          : Optional.ofNullable(sparse).map(s -> SparseTensors.dense(s.getSparseTensor()));
    }
    return Optional.empty();
  }

  private byte[] program(NodeProto node) {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("constant").addNode(node);
    Nodes.reads(node).forEach(name -> graph.addInitializer(draft.initializer(name)));
    Nodes.makes(node).forEach(name -> graph.addOutput(ValueInfoProto.newBuilder().setName(name)));
    ModelProto source = draft.source().proto();
    return ModelProto.newBuilder()
        .setIrVersion(Math.max(4, source.getIrVersion()))
        .addAllOpsetImport(source.getOpsetImportList())
        .setGraph(graph)
        .build()
        .toByteArray();
  }
}
