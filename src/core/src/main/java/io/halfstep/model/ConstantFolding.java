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
import io.halfstep.tensor.TensorValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates nodes that depend on constants only, so that weights behind {@code Identity}, {@code
 * Constant}, {@code Transpose} … become initializers, and replaces an {@code If} by the branch that
 * a constant condition takes. Nodes that ONNX Runtime refuses, that give no tensor of numbers, or
 * that make a graph output stay, and so does {@code DequantizeLinear}: its constant is quantized.
 */
final class ConstantFolding {
  private final GraphDraft draft;
  private final List<NodeProto> kept = new ArrayList<>();
  private final Set<String> nodeNames = new HashSet<>();

  private ConstantFolding(GraphDraft draft) {
    this.draft = draft;
  }

  static void fold(GraphDraft draft) {
    new ConstantFolding(draft).fold();
  }

  private void fold() {
    draft.nodes().forEach(node -> nodeNames.add(node.getName()));
    draft.nodes().forEach(this::add);
    draft.replaceNodes(kept);
  }

  private void add(NodeProto node) {
    GraphProto branch = takenBranch(node);
    if (branch != null) {
      inline(node, branch);
    } else if (!isFoldable(node) || !define(node)) {
      kept.add(node);
    }
  }

  private void inline(NodeProto node, GraphProto branch) {
    // A result that is made in the branch gets its name outside, so that no Identity is needed.
    Map<String, String> results = new HashMap<>();
    for (int i = 0; i < node.getOutputCount(); i++) {
      if (!node.getOutput(i).isEmpty()) {
        results.putIfAbsent(branch.getOutput(i).getName(), node.getOutput(i));
      }
    }
    InlinedBranch inlined = new InlinedBranch(branch, results, draft::unique, nodeNames);
    inlined.constants().forEach(constant -> draft.define(constant.getName(), constant));
    inlined.nodes().forEach(this::add);
    for (int i = 0; i < node.getOutputCount(); i++) {
      String result = inlined.name(branch.getOutput(i).getName());
      String output = node.getOutput(i);
      if (!result.equals(output) && !output.isEmpty()) {
        add(Onnx.node("Identity", List.of(result), List.of(output)));
      }
    }
  }

  /** Returns the branch of an {@code If} with a constant condition; else null. */
  private @Nullable GraphProto takenBranch(NodeProto node) {
    TensorProto condition = Nodes.is(node, "If") ? draft.initializer(node.getInput(0)) : null;
    if (condition == null) {
      return null;
    }
    boolean taken = TensorValues.doubles(TensorProtos.decode(condition))[0] != 0;
    return Nodes.branch(node, taken);
  }

  private boolean isFoldable(NodeProto node) {
    return Nodes.isDeterministic(node)
        && !Nodes.is(node, "DequantizeLinear")
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
        .addAllFunctions(source.getFunctionsList())
        .setGraph(graph)
        .build()
        .toByteArray();
  }
}
