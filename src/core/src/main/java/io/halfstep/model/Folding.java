package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Transforms an exported model to one that can be quantized. */
final class Folding {
  private Folding() {}

  static Model fold(Model model) {
    GraphDraft draft = new GraphDraft(model);
    ConstantFolding.fold(draft);
    SinglePrecision.convert(draft);
    draft.prune();
    LayerOperators.ALL.forEach(operator -> operator.canonicalize(draft));
    BatchNormFolding.fold(draft);
    draft.prune();
    unshare(draft);
    return draft.model();
  }

  /** Gives each layer its own copy of a shared weight or bias. */
  private static void unshare(GraphDraft draft) {
    Map<String, Integer> uses = draft.uses();
    List<NodeProto> nodes = new ArrayList<>();
    for (NodeProto node : draft.nodes()) {
      NodeProto.Builder own = node.toBuilder();
      if (LayerOperators.of(node) != null) {
        for (int slot = 1; slot < node.getInputCount(); slot++) {
          String name = node.getInput(slot);
          TensorProto tensor = draft.initializer(name);
          if (tensor != null && uses.getOrDefault(name, 0) > 1) {
            own.setInput(slot, draft.add(name, tensor));
            uses.merge(name, -1, Integer::sum);
          }
        }
      }
      nodes.add(own.build());
    }
    draft.replaceNodes(nodes);
  }
}
