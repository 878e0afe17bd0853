package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Computes layers whose weights are FLOAT16, BFLOAT16 or DOUBLE in FLOAT, between Casts, and batch
 * norms behind them, too, so that they fold. All other nodes keep their precision.
 */
final class SinglePrecision {
  private static final Set<ElementType> OTHERS =
      Set.of(ElementType.FLOAT16, ElementType.BFLOAT16, ElementType.DOUBLE);

  private final GraphDraft draft;
  private final List<NodeProto> nodes = new ArrayList<>();

  /** The names of tensors' FLOAT versions. */
  private final Map<String, String> singles = new HashMap<>();

  private SinglePrecision(GraphDraft draft) {
    this.draft = draft;
  }

  static void convert(GraphDraft draft) {
    SinglePrecision conversion = new SinglePrecision(draft);
    draft.nodes().forEach(conversion::add);
    draft.replaceNodes(conversion.nodes);
  }

  private void add(NodeProto node) {
    TensorProto weight =
        LayerOperators.of(node) == null ? null : draft.initializer(node.getInput(1));
    boolean norm = Nodes.is(node, "BatchNormalization") && singles.containsKey(node.getInput(0));
    TensorProto parameter = norm ? draft.initializer(node.getInput(1)) : weight;
    if (parameter == null || !isOther(parameter)) {
      nodes.add(node);
      return;
    }
    NodeProto.Builder single = node.toBuilder().setName(Nodes.name(node)).clearInput();
    for (String input : node.getInputList()) {
      single.addInput(input.isEmpty() ? input : single(input));
    }
    String output = node.getOutput(0);
    String result = draft.unique(output + "_float");
    nodes.add(single.setOutput(0, result).build());
    nodes.add(cast(result, output, parameter.getDataType()));
    singles.put(output, result);
  }

  private static boolean isOther(TensorProto tensor) {
    return OTHERS.stream().anyMatch(type -> type.onnx() == tensor.getDataType());
  }

  private String single(String name) {
    return singles.computeIfAbsent(name, this::convert);
  }

  private String convert(String name) {
    TensorProto constant = draft.initializer(name);
    if (constant == null) {
      String result = draft.unique(name + "_float");
      nodes.add(cast(name, result, ElementType.FLOAT.onnx()));
      return result;
    }
    Tensor tensor = TensorValues.single(TensorProtos.decode(constant));
    return draft.add(name, TensorProtos.encode(name, tensor));
  }

  private static NodeProto cast(String from, String to, int type) {
    return Onnx.node("Cast", List.of(from), List.of(to), Onnx.attribute("to", (long) type));
  }
}
