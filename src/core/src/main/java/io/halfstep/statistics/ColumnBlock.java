package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.OffHeapMemory;
import io.halfstep.tensor.Patches;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The columns not yet added to the totals, outside the heap: slots of {@code [rows, width]}, filled
 * one after another, of x̂ and, if the student differs, of δ.
 */
final class ColumnBlock {
  /**
   * The number of columns that are extracted at once, with as many rows as fit in an array of the
   * pool.
   */
  private static final int SPAN = 1024;

  private final int rows;
  private final int width;
  private final int slots;
  private final List<List<OffHeapMatrix>> kinds = new ArrayList<>();
  private int filled;

  ColumnBlock(int rows, int width, int slots, boolean studentDiffers, OffHeapMemory memory) {
    this.rows = rows;
    this.width = width;
    this.slots = slots;
    for (int kind = 0; kind < (studentDiffers ? 2 : 1); kind++) {
      kinds.add(IntStream.range(0, slots).mapToObj(s -> memory.matrix(rows, width)).toList());
    }
  }

  int filled() {
    return filled;
  }

  int room() {
    return slots * width - filled;
  }

  int slotsInUse() {
    return (filled + width - 1) / width;
  }

  int used(int slot) {
    return Math.max(0, Math.min(width, filled - slot * width));
  }

  void clear() {
    filled = 0;
  }

  /** Returns some rows of each slot's x̂. */
  List<OffHeapMatrix> inputs(int from, int to) {
    return kinds.get(0).stream().map(m -> m.rows(from, to)).toList();
  }

  /** Returns some rows of each slot's δ. */
  List<OffHeapMatrix> deltas(int from, int to) {
    return kinds.get(1).stream().map(m -> m.rows(from, to)).toList();
  }

  /**
   * Appends columns {@code [at, at + count)} of a batch.
   *
   * @param values of the batch, for x̂ and δ
   */
  void append(Patches.Columns columns, float[][] values, int at, int count, BufferPool buffers) {
    int first = filled / width;
    int pieces = (filled + count - 1) / width - first + 1;
    int height = BufferPool.LENGTH / Math.min(count, SPAN);
    int parts = (rows + height - 1) / height;
    IntStream.range(0, parts * pieces * kinds.size())
        .parallel()
        .forEach(
            task -> {
              int kind = task / parts / pieces;
              int slot = first + task / parts % pieces;
              int row = task % parts * height;
              int some = Math.min(height, rows - row);
              int start = slot * width;
              int end = Math.min(filled + count, start + width);
              float[] piece = buffers.borrow();
              for (int from = Math.max(filled, start); from < end; from += SPAN) {
                int span = Math.min(SPAN, end - from);
                columns.extract(values[kind], row, some, at + from - filled, span, piece);
                OffHeapMatrix to = kinds.get(kind).get(slot);
                for (int r = 0; r < some; r++) {
                  to.put(row + r, from - start, piece, r * span, span);
                }
              }
              buffers.giveBack(piece);
            });
    filled += count;
  }

  /** Writes some rows of the slots. */
  void write(NumberWriter to, int from, int end) throws IOException {
    for (int s = 0; s < slots; s++) {
      float[] row = new float[used(s)];
      for (List<OffHeapMatrix> kind : kinds) {
        for (int i = from; i < end; i++) {
          kind.get(s).get(i, row, 0, row.length);
          to.write(row, 0, row.length);
        }
      }
    }
  }

  /** Reads what {@link #write} wrote when the given number of columns was filled. */
  void read(NumberReader in, int columns, int from, int end) throws IOException {
    filled = columns;
    for (int s = 0; s < slots; s++) {
      float[] row = new float[used(s)];
      for (List<OffHeapMatrix> kind : kinds) {
        for (int i = from; i < end; i++) {
          in.read(row, 0, row.length);
          kind.get(s).put(i, 0, row, 0, row.length);
        }
      }
    }
  }
}
