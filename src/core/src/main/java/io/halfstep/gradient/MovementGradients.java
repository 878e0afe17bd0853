package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Operators that move, repeat or leave out elements. */
final class MovementGradients {
  private MovementGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    for (String op : List.of("Reshape", "Flatten", "Squeeze", "Unsqueeze")) {
      gradients.put(op, MovementGradients::reshape);
    }
    gradients.put("Transpose", MovementGradients::transpose);
    gradients.put("Concat", MovementGradients::concat);
    gradients.put("Split", MovementGradients::split);
    gradients.put("Expand", MovementGradients::expand);
    gradients.put("Tile", MovementGradients::tile);
    gradients.put("Gather", MovementGradients::gather);
    gradients.put("Cast", MovementGradients::cast);
    gradients.put("Dropout", MovementGradients::dropout);
    gradients.put("DepthToSpace", MovementGradients::depthToSpace);
    gradients.put("SpaceToDepth", MovementGradients::spaceToDepth);
  }

  private static void reshape(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    pass.give(x, () -> pass.reshape(pass.gradient(node.getOutput(0)), pass.shape(x)));
  }

  private static void transpose(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    int rank = pass.shape(x).length;
    int[] given = Attributes.of(node).integers("perm");
    int[] inverse = new int[rank];
    for (int d = 0; d < rank; d++) {
      inverse[given == null ? rank - 1 - d : given[d]] = d;
    }
    pass.give(x, () -> pass.transpose(pass.gradient(node.getOutput(0)), inverse));
  }

  private static void concat(NodeProto node, BackwardPass pass) {
    String g = pass.gradient(node.getOutput(0));
    int rank = pass.shape(node.getOutput(0)).length;
    int axis = Math.floorMod((int) Attributes.of(node).integer("axis", 0), rank);
    long end = 0;
    for (String part : node.getInputList()) {
      long start = end;
      end += pass.shape(part)[axis];
      long to = end;
      pass.give(
          part,
          () ->
              pass.add(
                  "Slice",
                  g,
                  pass.integerVector(start),
                  pass.integerVector(to),
                  pass.integerVector(axis)));
    }
  }

  private static void split(NodeProto node, BackwardPass pass) {
    pass.give(
        node.getInput(0),
        () ->
            pass.add(
                "Concat",
                node.getOutputList().stream().map(pass::gradient).toList(),
                Onnx.attribute("axis", Attributes.of(node).integer("axis", 0))));
  }

  private static void expand(NodeProto node, BackwardPass pass) {
    String y = node.getOutput(0);
    pass.giveBroadcast(node.getInput(0), pass.shape(y), () -> pass.gradient(y));
  }

  /** Each axis is split into repeats and elements, and the repeats are summed. */
  private static void tile(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    long[] shape = pass.shape(x);
    long[] repeats = pass.integers(node.getInput(1));
    long[] split = new long[2 * shape.length];
    Arrays.setAll(split, i -> i % 2 == 0 ? repeats[i / 2] : shape[i / 2]);
    long[] axes = LongStream.range(0, shape.length).map(d -> 2 * d).toArray();
    pass.give(
        x,
        () ->
            pass.reshape(
                pass.sum(pass.reshape(pass.gradient(node.getOutput(0)), split), axes), shape));
  }

  private static void gather(NodeProto node, BackwardPass pass) {
    String data = node.getInput(0);
    String indices = node.getInput(1);
    long[] shape = pass.shape(data);
    int axis = Math.floorMod((int) Attributes.of(node).integer("axis", 0), shape.length);
    long[] gathered = shape.clone();
    gathered[axis] = Tensor.elements(pass.shape(indices));
    long[] alongAxis = new long[shape.length];
    Arrays.fill(alongAxis, 1);
    alongAxis[axis] = gathered[axis];
    pass.give(
        data,
        () ->
            pass.scattered(
                pass.reshape(pass.gradient(node.getOutput(0)), gathered),
                pass.expand(pass.reshape(indices, alongAxis), gathered),
                axis,
                shape));
  }

  /** Integers have no gradient. */
  private static void cast(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    if (TensorValues.isFloat(pass.type(x))) {
      pass.give(x, () -> pass.gradient(node.getOutput(0)));
    }
  }

  private static void dropout(NodeProto node, BackwardPass pass) {
    String training = Onnx.input(node, 2);
    if (!training.isEmpty() && pass.integers(training)[0] != 0) {
      throw new NoGradientException(node, " in training mode");
    }
    pass.give(node.getInput(0), () -> pass.gradient(node.getOutput(0)));
  }

  private static void depthToSpace(NodeProto node, BackwardPass pass) {
    String x = node.getInput(0);
    long block = Attributes.of(node).integer("blocksize", 1);
    String g = pass.gradient(node.getOutput(0));
    if (Attributes.of(node).text("mode", "DCR").equals("DCR")) {
      pass.give(x, () -> pass.add("SpaceToDepth", List.of(g), Onnx.attribute("blocksize", block)));
      return;
    }
    long[] shape = pass.shape(x);
    pass.give(
        x,
        () -> {
          String blocks =
              pass.reshape(g, shape[0], shape[1] / block / block, shape[2], block, shape[3], block);
          return pass.reshape(pass.transpose(blocks, 0, 1, 3, 5, 2, 4), shape);
        });
  }

  private static void spaceToDepth(NodeProto node, BackwardPass pass) {
    long block = Attributes.of(node).integer("blocksize", 1);
    pass.give(
        node.getInput(0),
        () ->
            pass.add(
                "DepthToSpace",
                List.of(pass.gradient(node.getOutput(0))),
                Onnx.attribute("blocksize", block)));
  }
}
