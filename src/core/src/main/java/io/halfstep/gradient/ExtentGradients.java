package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Onnx;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Slice and Pad, which change the extent of axes. */
final class ExtentGradients {
  private ExtentGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("Slice", ExtentGradients::slice);
    gradients.put("Pad", ExtentGradients::pad);
  }

  /** Each sliced axis gathers from the gradient, and from a zero behind its end. */
  private static void slice(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    pass.give(
        x,
        () -> {
          String gradient = pass.gradient(node.getOutput(0));
          long[] in = pass.shape(x);
          long[] out = pass.shape(node.getOutput(0));
          long[] starts = pass.integers(node.getInput(1));
          long[] axes = integers(node, 3, LongStream.range(0, starts.length).toArray(), pass);
          long[] steps = integers(node, 4, filled(starts.length, 1), pass);
          for (int i = 0; i < axes.length; i++) {
            int axis = Math.floorMod((int) axes[i], in.length);
            long start = start(starts[i], steps[i], in[axis]);
            long[] sources = filled(in[axis], out[axis]);
            for (int k = 0; k < out[axis]; k++) {
              sources[(int) (start + k * steps[i])] = k;
            }
            gradient = gathered(gradient, sources, axis, in.length, pass);
          }
          return gradient;
        });
  }

  private static long[] integers(NodeProto node, int input, long[] otherwise, BackwardPass pass) {
    String name = Onnx.input(node, input);
    return name.isEmpty() ? otherwise : pass.integers(name);
  }

  private static long[] filled(long size, long value) {
    long[] filled = new long[(int) size];
    Arrays.fill(filled, value);
    return filled;
  }

  private static long start(long start, long step, long size) {
    long fromFront = start < 0 ? start + size : start;
    return Math.max(0, Math.min(fromFront, step < 0 ? size - 1 : size));
  }

  private static String gathered(
      String gradient, long[] sources, int axis, int rank, BackwardPass pass) {
    long[] zeroBehind = new long[2 * rank];
    zeroBehind[rank + axis] = 1;
    return pass.add(
        "Gather",
        List.of(
            pass.add("Pad", gradient, pass.integerVector(zeroBehind)), pass.integerVector(sources)),
        Onnx.attribute("axis", axis));
  }

  /** Of the padded tensor's gradient, the part that is not padding: a Pad by the negative sizes. */
  private static void pad(NodeProto node, BackwardPass pass) {
    String mode = Attributes.of(node).text("mode", "constant");
    if (!mode.equals("constant")) {
      throw new NoGradientException(node, " in mode " + mode);
    }
    if (pass.needs(Onnx.input(node, 2))) {
      throw new NoGradientException(node, " of its constant");
    }
    String x = node.getInput(0);
    int rank = pass.shape(x).length;
    long[] given = pass.integers(node.getInput(1));
    long[] axes = integers(node, 3, LongStream.range(0, rank).toArray(), pass);
    long[] pads = new long[2 * rank];
    for (int i = 0; i < axes.length; i++) {
      int axis = Math.floorMod((int) axes[i], rank);
      pads[axis] = -given[i];
      pads[rank + axis] = -given[axes.length + i];
    }
    pass.give(x, () -> pass.add("Pad", pass.gradient(node.getOutput(0)), pass.integerVector(pads)));
  }
}
