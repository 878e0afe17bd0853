package io.halfstep.model;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The operators whose weights are quantized. */
public final class LayerOperators {
  /** All of them. */
  public static final List<LayerOperator> ALL =
      List.of(new Conv(), new ConvTranspose(), new Gemm(), new MatMul());

  private static final Map<String, LayerOperator> BY_NAME =
      ALL.stream().collect(Collectors.toMap(LayerOperator::name, Function.identity()));

  private LayerOperators() {}

  /** Returns the node's operator; null if it has no weight that is quantized. */
  public static @Nullable LayerOperator of(NodeProto node) {
    return Nodes.isStandard(node) ? named(node.getOpType()) : null;
  }

  /** Returns the operator of this name, in any domain; else null. */
  public static @Nullable LayerOperator named(String name) {
    return BY_NAME.get(name);
  }

  /** Their names, for messages: {@code A, B or C}. */
  public static String names() {
    List<String> names = ALL.stream().map(LayerOperator::name).toList();
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }
}
