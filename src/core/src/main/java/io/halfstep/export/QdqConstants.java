package io.halfstep.export;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.StoredConstant;
import io.halfstep.graph.StoredConstant.Use;
import io.halfstep.model.Nodes;
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
        .filter(constant -> constant.constant().use() != Use.ROWS)
        .forEach(constant -> stored.put(constant.constant().name(), constant));
  }

  /** Returns a node that reads the real values of its stored constants, also in its bodies. */
  NodeProto dequantized(NodeProto node) {
    Map<String, String> read = new HashMap<>();
    for (String name : Nodes.reads(node)) {
      StoredWeight constant = stored.get(name);
      if (constant != null) {
        read.put(name, reals.computeIfAbsent(name, n -> dequantized(constant)));
      }
    }
    return read.isEmpty() ? node : Nodes.renamed(node, read);
  }

  private String dequantized(StoredWeight stored) {
    StoredConstant constant = stored.constant();
    // ONNX Runtime 1.23 aborts if a body captures a Reshape behind a DequantizeLinear of one scale.
    boolean apart = constant.use() == Use.WEIGHT && stored.weight().encoding().channels() > 1;
    String single =
        operators.weight(
            constant.name(), stored.weight(), constant.layout(), constant.shape(), apart);
    int type = constant.tensor().getDataType();
    if (type == ElementType.FLOAT.onnx()) {
      return single;
    }
    String other = names.unique(single + "_cast");
    operators.cast(single, other, type);
    return other;
  }
}
