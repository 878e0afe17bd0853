package io.halfstep.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The nodes and constants of an {@code If}'s branch under names for the graph around it. */
public final class InlinedBranch {
  private final List<TensorProto> constants = new ArrayList<>();
  private final Map<String, String> names = new HashMap<>();
  private final List<NodeProto> nodes = new ArrayList<>();

  /**
   * @param results names that some of the branch's tensors get
   * @param unique makes names for the others
   * @param nodeNames the names of nodes outside; those of the branch's nodes are added
   */
  public InlinedBranch(
      GraphProto branch,
      Map<String, String> results,
      UnaryOperator<String> unique,
      Set<String> nodeNames) {
    for (TensorProto constant : branch.getInitializerList()) {
      add(constant.getName(), constant, unique);
    }
    for (SparseTensorProto constant : branch.getSparseInitializerList()) {
      add(constant.getValues().getName(), SparseTensors.dense(constant), unique);
    }
    for (NodeProto inner : branch.getNodeList()) {
      for (String made : Nodes.makes(inner)) {
        String result = results.get(made);
        names.put(made, result == null ? unique.apply(made) : result);
      }
    }
    for (NodeProto inner : branch.getNodeList()) {
      String name = inner.getName();
      for (int i = 2; !name.isEmpty() && !nodeNames.add(name); i++) {
        name = inner.getName() + "_" + i;
      }
      nodes.add(Nodes.renamed(inner, names).toBuilder().setName(name).build());
    }
  }

  private void add(String name, TensorProto constant, UnaryOperator<String> unique) {
    String outside = unique.apply(name);
    names.put(name, outside);
    constants.add(constant.toBuilder().setName(outside).build());
  }

  public List<TensorProto> constants() {
    return constants;
  }

  /** Returns the nodes in the branch's order. */
  public List<NodeProto> nodes() {
    return nodes;
  }

  /** Returns the name outside of a tensor that the branch makes or captures. */
  public String name(String inside) {
    return names.getOrDefault(inside, inside);
  }
}
