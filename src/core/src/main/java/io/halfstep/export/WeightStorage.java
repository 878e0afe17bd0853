package io.halfstep.export;

import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.graph.StageGraph;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.Target.Rule;

/**
 * How the integers of weights are stored: in the smallest element type ({@link StorageType}), or in
 * just their bits ({@link BitPlanes}) where that makes the file smaller.
 *
 * @param target the runtime that reads them
 * @param unpacks whether the model can unpack bits
 */
record WeightStorage(Target target, boolean unpacks) {
  /** More than what takes a node that unpacks, with the function that it calls. */
  private static final int UNPACKING = 768;

  /** Returns the storage in the quantized model of a network. */
  static WeightStorage of(StageGraph graph, Target target) {
    boolean unpacks =
        target.has(Rule.PACKED_WEIGHTS)
            && OpsetUpgrade.of(graph.model().proto(), OpsetUpgrade.NEWEST).obstacles().isEmpty();
    return new WeightStorage(target, unpacks);
  }

  /** Returns the element type of the integers, once they are unpacked. */
  StorageType type(Grid grid) {
    return StorageType.ofWeight(grid, target);
  }

  /** Returns whether so many integers take just their bits. */
  boolean packs(Grid grid, long count) {
    return unpacks
        && count % Byte.SIZE == 0
        && BitPlanes.bytes(grid.bits(), count) + UNPACKING <= type(grid).bytes(count);
  }

  /** Returns the bytes of so many integers. */
  long bytes(Grid grid, long count) {
    return packs(grid, count) ? BitPlanes.bytes(grid.bits(), count) : type(grid).bytes(count);
  }
}
