package io.halfstep.export;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.StoredConstant;
import io.halfstep.graph.StoredConstant.Use;
import io.halfstep.model.TensorNames;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.StoredWeight;
import io.halfstep.tensor.ElementType;
import java.util.HashMap;
import java.util.Map;

/** Constants that nodes read whole: integers, which DequantizeLinear makes real for all readers. */
final class QdqConstants {
  private final QdqOperators operators;
  private final TensorNames names;
  private final Map<String, StoredWeight> stored = new HashMap<>();

  /** The real values by the constant's name. */
  private final Map<String, String> reals = new HashMap<>();

  QdqConstants(QuantizedNetwork network, QdqOperators operators, TensorNames names) {
    this.operators = operators;
    this.names = names;
    network.stored().stream()
        .filter(constant -> constant.constant().use() == Use.WHOLE)
        .forEach(constant -> stored.put(constant.constant().name(), constant));
  }

  /** Returns a node that reads the real values of its stored constants. */
  NodeProto dequantized(NodeProto node) {
    NodeProto.Builder changed = node.toBuilder();
    for (int slot = 0; slot < node.getInputCount(); slot++) {
      StoredWeight constant = stored.get(node.getInput(slot));
      if (constant != null) {
        changed.setInput(
            slot, reals.computeIfAbsent(node.getInput(slot), name -> dequantized(constant)));
      }
    }
    return changed.build();
  }

  private String dequantized(StoredWeight stored) {
    StoredConstant constant = stored.constant();
    String single = operators.rows(constant.name(), stored.weight(), constant.shape());
    int type = constant.tensor().getDataType();
    if (type == ElementType.FLOAT.onnx()) {
      return single;
    }
    String other = names.unique(single + "_cast");
    operators.cast(single, other, type);
    return other;
  }
}
