package io.halfstep.model;

import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;

/** Converts sparse tensors (ONNX's coordinate form) to dense ones. */
final class SparseTensors {
  private SparseTensors() {}

  static TensorProto dense(SparseTensorProto sparse) {
    Tensor values = TensorProtos.decode(sparse.getValues());
    Tensor indices = TensorProtos.decode(sparse.getIndices());
    long[] shape = sparse.getDimsList().stream().mapToLong(Long::longValue).toArray();
    Tensor dense = Tensor.zeros(values.type(), shape);
    int coordinates = indices.rank() == 2 ? shape.length : 1;
    if (indices.type() != ElementType.INT64 || indices.size() != values.size() * coordinates) {
      throw wrong(sparse, "has " + indices + " as indices of " + values);
    }
    long[] index = (long[]) indices.data();
    for (int i = 0; i < values.size(); i++) {
      long at = 0;
      for (int d = 0; d < coordinates; d++) {
        at = coordinates == 1 ? index[i] : at * shape[d] + index[i * coordinates + d];
      }
      if (at < 0 || at >= dense.size()) {
        throw wrong(sparse, "has an element outside of its shape " + sparse.getDimsList());
      }
      System.arraycopy(values.data(), i, dense.data(), (int) at, 1);
    }
    return TensorProtos.encode(sparse.getValues().getName(), dense);
  }

  private static InvalidInputException wrong(SparseTensorProto sparse, String what) {
    return new InvalidInputException(
        "sparse tensor '" + sparse.getValues().getName() + "': " + what);
  }
}
