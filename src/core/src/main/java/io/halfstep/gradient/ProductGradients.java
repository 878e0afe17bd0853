package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Attributes;
import io.halfstep.model.Onnx;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Matrix products. */
final class ProductGradients {
  private ProductGradients() {}

  static void all(Map<String, OperatorGradient> gradients) {
    gradients.put("MatMul", ProductGradients::matMul);
    gradients.put("Gemm", ProductGradients::gemm);
  }

  /**
   * {@code Y = A·B}: {@code ∂A = ∂Y·Bᵀ, ∂B = Aᵀ·∂Y}; vectors are matrices with one row or column.
   */
  private static void matMul(NodeProto node, BackwardPass pass) {
    String a = node.getInput(0);
    String b = node.getInput(1);
    long[] shapeA = matrix(pass.shape(a), true);
    long[] shapeB = matrix(pass.shape(b), false);
    long[] shapeY = product(shapeA, shapeB);
    String g = pass.reshape(pass.gradient(node.getOutput(0)), shapeY);
    pass.give(
        a,
        () -> {
          String right = transposed(pass.reshape(b, shapeB), shapeB.length, pass);
          return reduced(
              pass.add("MatMul", g, right), product(shapeY, swapped(shapeB)), a, shapeA, pass);
        });
    pass.give(
        b,
        () -> {
          if (shapeB.length == 2) {
            return weight(a, shapeA, g, shapeY, b, pass);
          }
          String left = transposed(pass.reshape(a, shapeA), shapeA.length, pass);
          return reduced(
              pass.add("MatMul", left, g), product(swapped(shapeA), shapeY), b, shapeB, pass);
        });
  }

  /** The gradient of a matrix that multiplies many rows: one product over all of them. */
  private static String weight(
      String a, long[] shapeA, String g, long[] shapeY, String b, BackwardPass pass) {
    String left = pass.reshape(a, -1, shapeA[shapeA.length - 1]);
    String right = pass.reshape(g, -1, shapeY[shapeY.length - 1]);
    return pass.reshape(pass.add("MatMul", pass.transpose(left, 1, 0), right), pass.shape(b));
  }

  private static String reduced(
      String gradient, long[] shape, String tensor, long[] matrix, BackwardPass pass) {
    return pass.reshape(pass.summed(gradient, shape, matrix), pass.shape(tensor));
  }

  private static long[] matrix(long[] shape, boolean row) {
    if (shape.length > 1) {
      return shape;
    }
    return row ? new long[] {1, shape[0]} : new long[] {shape[0], 1};
  }

  private static long[] swapped(long[] shape) {
    long[] swapped = shape.clone();
    swapped[shape.length - 2] = shape[shape.length - 1];
    swapped[shape.length - 1] = shape[shape.length - 2];
    return swapped;
  }

  /** Returns the shape of a product with broadcast leading axes. */
  private static long[] product(long[] a, long[] b) {
    int rank = Math.max(a.length, b.length);
    long[] shape = new long[rank];
    for (int d = 0; d < rank - 2; d++) {
      int inA = d - (rank - a.length);
      int inB = d - (rank - b.length);
      shape[d] = Math.max(inA < 0 ? 1 : a[inA], inB < 0 ? 1 : b[inB]);
    }
    shape[rank - 2] = a[a.length - 2];
    shape[rank - 1] = b[b.length - 1];
    return shape;
  }

  private static String transposed(String tensor, int rank, BackwardPass pass) {
    int[] axes = IntStream.range(0, rank).toArray();
    axes[rank - 2] = rank - 1;
    axes[rank - 1] = rank - 2;
    return pass.transpose(tensor, axes);
  }

  /** {@code Y = α·A'·B' + β·C}, where A' and B' may be transposed. */
  private static void gemm(NodeProto node, BackwardPass pass) {
    Attributes attributes = Attributes.of(node);
    boolean transA = attributes.integer("transA", 0) != 0;
    boolean transB = attributes.integer("transB", 0) != 0;
    float alpha = attributes.real("alpha", 1);
    String a = node.getInput(0);
    String b = node.getInput(1);
    String g = pass.gradient(node.getOutput(0));
    pass.give(
        a,
        () ->
            transA
                ? gemm(b, transB, g, true, alpha, pass)
                : gemm(g, false, b, !transB, alpha, pass));
    pass.give(
        b,
        () ->
            transB
                ? gemm(g, true, a, transA, alpha, pass)
                : gemm(a, !transA, g, false, alpha, pass));
    if (node.getInputCount() > 2 && !node.getInput(2).isEmpty()) {
      pass.giveBroadcast(
          node.getInput(2),
          pass.shape(node.getOutput(0)),
          () -> pass.mul(g, attributes.real("beta", 1)));
    }
  }

  private static String gemm(
      String a, boolean transA, String b, boolean transB, float alpha, BackwardPass pass) {
    return pass.add(
        "Gemm",
        List.of(a, b),
        Onnx.attribute("transA", transA ? 1 : 0),
        Onnx.attribute("transB", transB ? 1 : 0),
        Onnx.attribute("alpha", alpha));
  }
}
