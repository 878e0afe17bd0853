package io.halfstep.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The names that a graph and the bodies within it use, to find new ones beside them. */
public final class TensorNames {
  private final Set<String> taken = new HashSet<>();

  public TensorNames(GraphProto graph) {
    this(List.of(graph));
  }

  public TensorNames(List<GraphProto> graphs) {
    graphs.forEach(this::collect);
  }

  /** A name that nothing has yet: {@code wish}, or {@code wish_2}, {@code wish_3} … */
  public String unique(String wish) {
    String name = wish;
    for (int i = 2; !taken.add(name); i++) {
      name = wish + "_" + i;
    }
    return name;
  }

  private void collect(GraphProto graph) {
    for (List<ValueInfoProto> infos :
        List.of(graph.getInputList(), graph.getOutputList(), graph.getValueInfoList())) {
      infos.forEach(info -> taken.add(info.getName()));
    }
    for (TensorProto initializer : graph.getInitializerList()) {
      taken.add(initializer.getName());
    }
    graph.getSparseInitializerList().forEach(s -> taken.add(s.getValues().getName()));
    for (NodeProto node : graph.getNodeList()) {
      taken.add(node.getName());
      taken.addAll(node.getOutputList());
      Nodes.bodies(node).forEach(this::collect);
    }
  }
}
