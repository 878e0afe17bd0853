package io.halfstep.model;

import org.jspecify.annotations.Nullable;

/** The common part of Gemm and MatMul: a weight that is a matrix, or several. */
abstract class MatrixProduct extends LayerOperator {
  @Override
  public final int spatialAxes(int weightRank) {
    return 0;
  }

  @Override
  public final @Nullable String whyFloat(long[] weightShape) {
    return weightShape.length < 2 ? "its weight is a vector" : null;
  }

  @Override
  public final boolean takesInput(int rank, int weightRank) {
    return true;
  }
}
