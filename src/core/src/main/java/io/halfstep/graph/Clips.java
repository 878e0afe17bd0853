package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Attributes;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the bounds of Clip nodes. */
public final class Clips {
  private Clips() {}

  /**
   * Returns a Clip as a function; the identity if its bounds are computed at run time.
   *
   * @param constants of the graph, by name
   */
  public static ClipFunction function(NodeProto clip, Map<String, TensorProto> constants) {
    Attributes attributes = Attributes.of(clip); // before opset 11, the bounds are attributes
    float low = attributes.real("min", ClipFunction.IDENTITY.lowest());
    float high = attributes.real("max", ClipFunction.IDENTITY.highest());
    Float lowest = bound(clip, 1, low, constants);
    Float highest = bound(clip, 2, high, constants);
    return lowest == null || highest == null
        ? ClipFunction.IDENTITY
        : new ClipFunction(lowest, highest);
  }

  private static @Nullable Float bound(
      NodeProto clip, int input, float otherwise, Map<String, TensorProto> constants) {
    if (clip.getInputCount() <= input || clip.getInput(input).isEmpty()) {
      return otherwise;
    }
    TensorProto proto = constants.get(clip.getInput(input));
    Tensor bound = proto == null ? null : TensorProtos.decode(proto);
    return bound == null || bound.type() != ElementType.FLOAT || bound.size() != 1
        ? null
        : Float.valueOf(bound.floats()[0]);
  }
}
