package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Sums, means and the like over axes, and pooling over all positions. */
final class ReductionGradients {
  private ReductionGradients() {}

  /**
   * A derivative, from the gradient {@code g} and the result {@code y}, both of the shape {@code
   * kept}, that of {@code x} with a 1 for each axis that was reduced.
   */
  @FunctionalInterface
  private interface Derivative {
    String times(String g, String x, String y, long[] kept, BackwardPass pass);
  }

  static void all(Map<String, OperatorGradient> gradients) {
    put(gradients, "ReduceSum", (g, x, y, kept, pass) -> g);
    put(gradients, "ReduceMean", ReductionGradients::mean);
    put(gradients, "ReduceMax", ReductionGradients::extreme);
    put(gradients, "ReduceMin", ReductionGradients::extreme);
    putGlobal(gradients, "GlobalAveragePool", ReductionGradients::mean);
    putGlobal(gradients, "GlobalMaxPool", ReductionGradients::extreme);
    put(gradients, "ReduceSumSquare", (g, x, y, kept, pass) -> pass.mul(pass.mul(g, 2), x));
    put(gradients, "ReduceL1", (g, x, y, kept, pass) -> pass.mul(g, pass.add("Sign", x)));
    put(gradients, "ReduceL2", (g, x, y, kept, pass) -> pass.mul(pass.add("Div", g, y), x));
    put(
        gradients,
        "ReduceLogSumExp",
        (g, x, y, kept, pass) -> pass.mul(g, pass.add("Exp", pass.add("Sub", x, y))));
  }

  private static void put(
      Map<String, OperatorGradient> gradients, String op, Derivative derivative) {
    gradients.put(
        op,
        (node, pass) -> {
          long[] kept = pass.shape(node.getInput(0));
          for (long axis : axes(node, kept.length, pass)) {
            kept[Math.floorMod(axis, kept.length)] = 1;
          }
          give(node, kept, derivative, pass);
        });
  }

  private static void putGlobal(
      Map<String, OperatorGradient> gradients, String op, Derivative derivative) {
    gradients.put(op, (node, pass) -> give(node, pass.shape(node.getOutput(0)), derivative, pass));
  }

  private static void give(NodeProto node, long[] kept, Derivative derivative, BackwardPass pass) {
    String x = node.getInput(0);
    String y = node.getOutput(0);
    pass.give(
        x,
        () -> {
          String g = pass.reshape(pass.gradient(y), kept);
          String gradient = derivative.times(g, x, pass.reshape(y, kept), kept, pass);
          return pass.expand(gradient, pass.shape(x));
        });
  }

  /** Returns the axes: since opset 18, or 13 for ReduceSum, they are an input. */
  private static long[] axes(NodeProto node, int rank, BackwardPass pass) {
    Attributes attributes = Attributes.of(node);
    int[] attribute = attributes.integers("axes");
    long[] axes =
        attribute != null
            ? Arrays.stream(attribute).asLongStream().toArray()
            : Onnx.input(node, 1).isEmpty() ? new long[0] : pass.integers(node.getInput(1));
    boolean all = axes.length == 0 && attributes.integer("noop_with_empty_axes", 0) == 0;
    return all ? LongStream.range(0, rank).toArray() : axes;
  }

  private static String mean(String g, String x, String y, long[] kept, BackwardPass pass) {
    int terms = Tensor.elements(pass.shape(x)) / Tensor.elements(kept);
    return pass.mul(g, 1.0 / terms);
  }

  /** The elements that equal the greatest or least share its gradient. */
  private static String extreme(String g, String x, String y, long[] kept, BackwardPass pass) {
    long[] shape = pass.shape(x);
    String equal =
        pass.add(
            "Cast",
            List.of(pass.add("Equal", x, y)),
            Onnx.attribute("to", ElementType.FLOAT.onnx()));
    return pass.mul(pass.add("Div", g, pass.summed(equal, shape, kept)), equal);
  }
}
