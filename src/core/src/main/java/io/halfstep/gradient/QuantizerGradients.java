package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * QuantizeLinear and DequantizeLinear as one function, {@code x̂ = (q − z)·s}: straight-through
 * within the grid; {@code ∂x̂/∂s = (x̂ − x)/s} within it and {@code q − z} at its ends (LSQ, Esser
 * et al. 2020, eq. 3). Zero points are integers and have no gradient.
 */
final class QuantizerGradients {
  private QuantizerGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("QuantizeLinear", (node, pass) -> {});
    gradients.put("DequantizeLinear", QuantizerGradients::dequantize);
  }

  private static void dequantize(NodeProto node, BackwardPass pass) {
    if (Attributes.of(node).integer("block_size", 0) != 0) {
      throw new NoGradientException(node, " by blocks");
    }
    String y = node.getOutput(0);
    long[] broadcast = alongAxis(node, pass);
    String scale = pass.reshape(node.getInput(1), broadcast);
    NodeProto quantize = pass.producer(node.getInput(0));
    if (quantize == null || !Nodes.is(quantize, "QuantizeLinear")) {
      if (quantize != null && pass.needs(node.getInput(0))) {
        throw new NoGradientException(node, " of what " + quantize.getOpType() + " makes");
      }
      giveScale(node, y, scale, broadcast, pass);
      return;
    }
    String x = quantize.getInput(0);
    String inside = inside(node, x, scale, broadcast, pass);
    pass.give(x, () -> pass.where(inside, pass.gradient(y)));
    giveScale(node, pass.add("Sub", y, pass.where(inside, x)), scale, broadcast, pass);
  }

  /** {@code ∂x̂/∂s = difference/s} */
  private static void giveScale(
      NodeProto node, String difference, String scale, long[] broadcast, BackwardPass pass) {
    String s = node.getInput(1);
    String y = node.getOutput(0);
    pass.give(
        s,
        () -> {
          String gradient = pass.mul(pass.gradient(y), pass.add("Div", difference, scale));
          return pass.reshape(pass.summed(gradient, pass.shape(y), broadcast), pass.shape(s));
        });
  }

  /** Returns the shape in which scales of an axis are broadcast. */
  private static long[] alongAxis(NodeProto node, BackwardPass pass) {
    long[] scales = pass.shape(node.getInput(1));
    int rank = pass.shape(node.getOutput(0)).length;
    if (scales.length == 0 || rank == 0) {
      return scales;
    }
    int axis = Math.toIntExact(Attributes.of(node).integer("axis", 1));
    long[] shape = new long[rank];
    Arrays.fill(shape, 1);
    shape[scales[0] == 1 ? 0 : Math.floorMod(axis, rank)] = scales[0];
    return shape;
  }

  /** Returns where {@code round(x/s) + z} is within the grid. */
  private static String inside(
      NodeProto node, String x, String scale, long[] broadcast, BackwardPass pass) {
    String level = pass.add("Round", pass.add("Div", x, scale));
    ElementType type = pass.type(node.getInput(0));
    if (node.getInputCount() > 2 && !node.getInput(2).isEmpty()) {
      String zero =
          pass.add(
              "Cast", List.of(node.getInput(2)), Onnx.attribute("to", ElementType.FLOAT.onnx()));
      level = pass.add("Add", level, pass.reshape(zero, broadcast));
    }
    double[] range = range(node, type);
    return pass.add(
        "And",
        pass.add("GreaterOrEqual", level, pass.scalar(range[0])),
        pass.add("LessOrEqual", level, pass.scalar(range[1])));
  }

  private static double[] range(NodeProto node, ElementType type) {
    return switch (type) {
      case UINT8 -> new double[] {0, 255};
      case INT8 -> new double[] {-128, 127};
      case UINT16 -> new double[] {0, 65535};
      case INT16 -> new double[] {-32768, 32767};
      default -> throw new NoGradientException(node, " for " + type);
    };
  }
}
