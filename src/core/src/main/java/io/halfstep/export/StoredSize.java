package io.halfstep.export;

import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;

/** The size of a quantized weight in the file. */
public final class StoredSize {
  private StoredSize() {}

  /**
   * Returns the bytes of the integers, the scales and the zero points.
   *
   * @param weights the number of weights
   * @param scales the number of scales, each with a zero point
   */
  public static long of(long weights, long scales, Grid grid, Target target) {
    StorageType type = StorageType.ofWeight(grid, target);
    return type.bytes(weights) + scales * Float.BYTES + type.bytes(scales);
  }
}
