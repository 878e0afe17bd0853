package io.halfstep.tensor;

/** Allocates a given number of matrices, then fails. */
public final class FailingMemory extends OffHeapMemory {
  /** The failure. */
  public static final class Exhausted extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private int left;

  public FailingMemory(int matrices) {
    left = matrices;
  }

  @Override
  public synchronized OffHeapMatrix matrix(int rows, int columns) {
    if (left-- == 0) {
      throw new Exhausted();
    }
    return super.matrix(rows, columns);
  }
}
