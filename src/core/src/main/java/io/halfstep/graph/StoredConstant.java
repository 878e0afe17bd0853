package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Constants;
import io.halfstep.model.WeightLayout;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A constant of nodes that are not layers, which can be stored as integers. Nothing but these nodes
 * and layers read it.
 *
 * @param tensor the initializer, of a floating-point type
 * @param use how it is read
 * @param layout its rows, each with a scale of its own
 * @param readers the nodes that read it
 * @param layer the first layer with this weight, which may be a transposed copy of it: the last one
 *     of a language model; null if there is none
 */
public record StoredConstant(
    TensorProto tensor,
    Use use,
    WeightLayout layout,
    List<NodeProto> readers,
    @Nullable Layer layer) {
  /** How a constant is read. */
  public enum Use {
    /** Some of its rows, by Gathers: an embedding table. */
    ROWS,
    /** Whole, by nodes that compute in float: the weights of a recurrent layer. */
    WHOLE,
    /** Whole, as the weight of nodes that would be layers outside of a body. */
    WEIGHT
  }

  /** Returns the initializer's name. */
  public String name() {
    return tensor.getName();
  }

  /** Returns its shape in ONNX. */
  public long[] shape() {
    return tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
  }

  /** Returns its bytes in the float model. */
  public long bytes() {
    return Constants.bytes(tensor);
  }

  /** Returns the number of rows. */
  public int out() {
    return layout.out();
  }

  /** Returns the length of a row. */
  public int k() {
    return layout.k();
  }

  /** Returns the matrix {@code [out, K]}. */
  public float[] rows() {
    return layout.toRows(TensorValues.single(TensorProtos.decode(tensor)).floats());
  }
}
