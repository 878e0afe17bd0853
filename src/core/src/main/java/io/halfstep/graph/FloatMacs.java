package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.LongStream;
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
    return switch (node.getOpType()) {
      case "Gather" -> OptionalLong.of(0);
      case "MatMul" -> known ? product(y, List.of(a.get(a.size() - 1))) : OptionalLong.empty();
      case "Gemm" -> {
        boolean transposed = Attributes.of(node).integer("transA", 0) != 0;
        yield known ? product(y, List.of(a.get(transposed ? 0 : 1))) : OptionalLong.empty();
      }
      case "Conv" -> known ? product(y, b.subList(1, b.size())) : OptionalLong.empty();
      case "ConvTranspose" -> known ? product(a, b.subList(1, b.size())) : OptionalLong.empty();
      case "LSTM", "GRU", "RNN" -> {
        List<Long> recurrent = shapes.apply(node.getInput(2));
        yield known && !recurrent.isEmpty()
            ? sum(product(a.subList(0, 2), b), product(a.subList(0, 2), recurrent))
            : OptionalLong.empty();
      }
      default -> OptionalLong.empty();
    };
  }

  private static OptionalLong product(List<Long> some, List<Long> others) {
    LongStream all = Stream.concat(some.stream(), others.stream()).mapToLong(d -> d);
    long product = all.reduce(some.isEmpty() ? -1 : 1, (p, d) -> p < 0 || d < 0 ? -1 : p * d);
    return product < 0 ? OptionalLong.empty() : OptionalLong.of(product);
  }

  private static OptionalLong sum(OptionalLong a, OptionalLong b) {
    return a.isPresent() && b.isPresent()
        ? OptionalLong.of(a.getAsLong() + b.getAsLong())
        : OptionalLong.empty();
  }
}
