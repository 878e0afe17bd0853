package io.halfstep.tensor;

import java.util.ArrayList;
import java.util.List;

/**
 * Matrices that are given back together: what holds several of them has one place to close, also
 * where a later one cannot be had. Thread-safe; closed once nothing works with them any more.
 */
public class OffHeapMemory implements AutoCloseable {
  private final List<OffHeapMatrix> matrices = new ArrayList<>();

  /** A matrix of undefined values. */
  public synchronized OffHeapMatrix matrix(int rows, int columns) {
    OffHeapMatrix matrix = new OffHeapMatrix(rows, columns);
    matrices.add(matrix);
    return matrix;
  }

  @Override
  public synchronized void close() {
    matrices.forEach(OffHeapMatrix::close);
    matrices.clear();
  }
}
