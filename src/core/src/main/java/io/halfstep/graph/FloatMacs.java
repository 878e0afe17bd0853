package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.LayerOperator;
import io.halfstep.model.LayerOperators;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** Multiply-accumulates of nodes that stay in float. */
final class FloatMacs {
  private FloatMacs() {}

  /**
   * Returns a node's multiply-accumulates; empty if they are unknown.
   *
   * @param shapes of its tensors, −1 where unknown; empty if even the rank is unknown
   */
  static OptionalLong of(NodeProto node, Function<String, List<Long>> shapes) {
    List<Long> a = shapes.apply(node.getInput(0));
    List<Long> b = node.getInputCount() > 1 ? shapes.apply(node.getInput(1)) : List.of();
    List<Long> y = shapes.apply(node.getOutput(0));
    boolean known = !a.isEmpty() && !b.isEmpty();
    LayerOperator operator = LayerOperators.of(node);
    if (operator != null) {
      return known ? product(operator.multiplications(node, a, b, y)) : OptionalLong.empty();
    }
    return switch (node.getOpType()) {
      case "Gather" -> OptionalLong.of(0);
      case "LSTM", "GRU", "RNN" -> {
        List<Long> recurrent = shapes.apply(node.getInput(2));
        yield known && !recurrent.isEmpty()
            ? sum(product(factors(a, b)), product(factors(a, recurrent)))
            : OptionalLong.empty();
      }
      default -> OptionalLong.empty();
    };
  }

  /** Those of a recurrent layer's matrix: it is used once for each step of each sample. */
  private static List<Long> factors(List<Long> input, List<Long> matrix) {
    return Stream.concat(input.subList(0, 2).stream(), matrix.stream()).toList();
  }

  private static OptionalLong product(List<Long> factors) {
    return factors.stream().anyMatch(factor -> factor < 0)
        ? OptionalLong.empty()
        : OptionalLong.of(factors.stream().reduce(1L, (a, b) -> a * b));
  }

  private static OptionalLong sum(OptionalLong a, OptionalLong b) {
    return a.isPresent() && b.isPresent()
        ? OptionalLong.of(a.getAsLong() + b.getAsLong())
        : OptionalLong.empty();
  }
}
