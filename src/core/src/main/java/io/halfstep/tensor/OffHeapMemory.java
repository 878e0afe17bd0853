package io.halfstep.tensor;

import java.util.ArrayList;
import java.util.List;

/**
 * Matrices that are freed together, also if the allocation of a later one fails. Thread-safe; must
 * be closed only when no computation uses them any more.
 */
public class OffHeapMemory implements AutoCloseable {
  private final List<OffHeapMatrix> matrices = new ArrayList<>();

  /** Returns a matrix of undefined values. */
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
