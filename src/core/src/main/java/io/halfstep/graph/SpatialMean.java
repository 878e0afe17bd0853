package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.TensorProtos;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.LongStream;

/** Recognizes the mean over all spatial axes, {@code [samples, channels, spatial...]}. */
public final class SpatialMean {
  private SpatialMean() {}

  /**
   * Returns whether a node is one.
   *
   * @param rank the number of axes of its input, at least 3
   * @param constants of the graph, by name
   */
  public static boolean is(NodeProto node, int rank, Map<String, TensorProto> constants) {
    if (!Nodes.is(node, "ReduceMean")) {
      return false;
    }
    int[] given = Attributes.of(node).integers("axes");
    long[] axes =
        node.getInputCount() > 1 && constants.containsKey(node.getInput(1))
            ? (long[]) TensorProtos.decode(constants.get(node.getInput(1))).data()
            : given == null ? new long[0] : Arrays.stream(given).asLongStream().toArray();
    return Arrays.stream(axes)
        .map(axis -> Math.floorMod(axis, rank))
        .sorted()
        .boxed()
        .toList()
        .equals(LongStream.range(2, rank).boxed().toList());
  }
}
