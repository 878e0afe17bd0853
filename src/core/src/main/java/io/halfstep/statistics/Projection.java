package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.OffHeapMemory;
import java.util.List;
import java.util.stream.IntStream;

/** Z = W Δ of a block's slots, group by group, outside the heap. */
final class Projection {
  /** Columns that a thread works on at once. */
  private static final int PIECE = 512;

  private final List<OffHeapMatrix> weights;
  private final List<List<OffHeapMatrix>> deltas;
  private final List<List<OffHeapMatrix>> z;

  /**
   * Creates the projection of a layer.
   *
   * @param weights of the layer, {@code [groups · rows, k]}
   * @param deltas of each slot, {@code [groups · k, width]}
   */
  Projection(float[] weights, int groups, int k, List<OffHeapMatrix> deltas, OffHeapMemory memory) {
    int out = weights.length / k;
    OffHeapMatrix all = memory.matrix(out, k);
    all.put(0, 0, weights, 0, weights.length);
    this.weights = parts(all, groups);
    this.deltas = deltas.stream().map(m -> parts(m, groups)).toList();
    z = deltas.stream().map(m -> parts(memory.matrix(out, m.columns()), groups)).toList();
  }

  private static List<OffHeapMatrix> parts(OffHeapMatrix matrix, int groups) {
    int rows = matrix.rows() / groups;
    return IntStream.range(0, groups).mapToObj(g -> matrix.rows(g * rows, (g + 1) * rows)).toList();
  }

  /** Returns a group's part of each slot. */
  List<OffHeapMatrix> ofGroup(int group) {
    return z.stream().map(slot -> slot.get(group)).toList();
  }

  /** Computes a slot's. */
  void set(int slot, int used) {
    int pieces = (used + PIECE - 1) / PIECE;
    IntStream.range(0, weights.size() * pieces)
        .parallel()
        .forEach(
            t -> {
              int group = t / pieces;
              int from = t % pieces * PIECE;
              OffHeapMatrix product = z.get(slot).get(group);
              product.setProduct(
                  weights.get(group),
                  deltas.get(slot).get(group),
                  from,
                  Math.min(used, from + PIECE));
            });
  }
}
