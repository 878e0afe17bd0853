package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import java.util.List;
import java.util.stream.IntStream;

/** Z = W Δ of a block's slots, group by group, outside the heap. */
final class Projection implements AutoCloseable {
  /** Columns that a thread works on at once. */
  private static final int PIECE = 512;

  private final int rows;
  private final int k;
  private final int groups;
  private final OffHeapMatrix weights;
  private final List<OffHeapMatrix> deltas;
  private final List<OffHeapMatrix> z;

  /**
   * For a layer.
   *
   * @param weights of the layer, {@code [groups · rows, k]}
   * @param deltas of each slot, {@code [groups · k, width]}
   */
  Projection(float[] weights, int groups, int k, List<OffHeapMatrix> deltas) {
    int out = weights.length / k;
    this.rows = out / groups;
    this.k = k;
    this.groups = groups;
    this.deltas = deltas;
    this.weights = new OffHeapMatrix(out, k);
    this.weights.put(0, 0, weights, 0, weights.length);
    z = deltas.stream().map(m -> new OffHeapMatrix(out, m.columns())).toList();
  }

  /** A group's part of each slot. */
  List<OffHeapMatrix> ofGroup(int group) {
    return z.stream().map(m -> m.rows(group * rows, (group + 1) * rows)).toList();
  }

  /** Computes a slot's. */
  void set(int slot, int used) {
    int pieces = (used + PIECE - 1) / PIECE;
    IntStream.range(0, groups * pieces)
        .parallel()
        .forEach(
            t -> {
              int group = t / pieces;
              int from = t % pieces * PIECE;
              z.get(slot)
                  .rows(group * rows, (group + 1) * rows)
                  .setProduct(
                      weights.rows(group * rows, (group + 1) * rows),
                      deltas.get(slot).rows(group * k, (group + 1) * k),
                      from,
                      Math.min(used, from + PIECE));
            });
  }

  @Override
  public void close() {
    weights.close();
    z.forEach(OffHeapMatrix::close);
  }
}
