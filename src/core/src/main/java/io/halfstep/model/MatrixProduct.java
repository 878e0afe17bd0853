package io.halfstep.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The common part of Gemm and MatMul: a weight that is one matrix. */
abstract class MatrixProduct extends LayerOperator {
  @Override
  final int spatialAxes(int weightRank) {
    return 0;
  }

  @Override
  public final @Nullable String whyFloat(long[] weightShape) {
    if (weightShape.length < 2) {
      return "its weight is a vector";
    }
    return Arrays.stream(weightShape, 0, weightShape.length - 2).allMatch(d -> d == 1)
        ? null
        : "its weight is a stack of matrices " + Arrays.toString(weightShape);
  }

  @Override
  public final boolean takesInput(int rank, int weightRank) {
    return true;
  }

  @Override
  public final boolean hasIntegerKernel() {
    return true;
  }
}
