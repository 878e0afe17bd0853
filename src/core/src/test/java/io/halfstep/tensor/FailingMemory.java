package io.halfstep.tensor;

/** Gives so many matrices, and then fails. */
public final class FailingMemory extends OffHeapMemory {
  /** What it fails with. */
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
