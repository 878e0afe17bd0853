package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Constants;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A constant of nodes that are not layers, which can be stored as integers. Nothing but these nodes
 * and layers read it. Its last axis is a row of the matrix {@code [out, K]}.
 *
 * @param tensor the initializer, of a floating-point type
 * @param use how it is read
 * @param readers the nodes that read it
 * @param layer the first layer with this weight, which may be a transposed copy of it: the last one
 *     of a language model; null if there is none
 */
public record StoredConstant(
    TensorProto tensor, Use use, List<NodeProto> readers, @Nullable Layer layer) {
  /** How a constant is read. */
  public enum Use {
    /** Some of its rows, by Gathers: an embedding table. */
    ROWS,
    /** Whole, by nodes that compute in float: the weights of a recurrent layer. */
    WHOLE
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
    return Math.toIntExact(Constants.elements(tensor) / k());
  }

  /** Returns the length of a row. */
  public int k() {
    return Math.toIntExact(tensor.getDims(tensor.getDimsCount() - 1));
  }

  /** Returns the matrix {@code [out, K]}. */
  public float[] rows() {
    return TensorValues.single(TensorProtos.decode(tensor)).floats();
  }
}
