package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.OffHeapMemory;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Accumulates a layer's {@link Moments} from a stream of batches.
 *
 * <p>The same samples in the same order give the same moments, bit for bit, for any batch
 * boundaries and any number of threads. Work runs in parallel on the calling ForkJoinPool. Not
 * thread-safe; {@link #close()} frees the memory outside the heap.
 *
 * <p>Memory, in bytes, for a group of {@code rows} rows of {@code K} weights:
 *
 * <ul>
 *   <li>the totals, of which only the upper triangle is kept, in tiles of at most 384: {@code 4 K
 *       (K + 384)}, and {@code 8 rows K} if the student differs ({@code 8 K² + 4 K (K + 384)} if
 *       there are more rows than columns);
 *   <li>outside the heap, the block of pending columns: 8 MiB for the whole layer or, if that is
 *       too narrow, 512 to 3072 columns of {@code 4 K}; twice that if the student differs, plus
 *       {@code 4 rows} per column, and the weight;
 *   <li>{@link #finish()} allocates the Gram matrix, {@code 8 K²}, before it frees the totals.
 * </ul>
 *
 * <p>So K = 8192 takes 268 MiB of heap and 64 MiB outside it, and 780 MiB of heap at the peak.
 * Longer rows are cut into pieces of at most this size; see {@link Moments}.
 */
public final class MomentsAccumulator implements AutoCloseable {
  /*
   * Columns of patches gather in a block (off-heap, single precision) until it is full; only then
   * do the matrix products run, and their sums are added to totals in double precision. So the
   * rounding of single precision does not pile up with the stream's length, and nothing depends on
   * where a batch ended. A block is cut into slots, the totals into tiles: tiles of slots are what
   * threads share out, and both follow from the layer's shape alone.
   *
   * A product's cost grows with the slot's width, that of adding it to the totals does not: the
   * wider, the better, and more so where a layer's totals do not fit in a cache.
   */
  private static final int BLOCK_FLOATS = 1 << 21;
  private static final int MAX_SLOTS = 4;
  private static final int MIN_WIDTH = 512;
  private static final int FULL_WIDTH = 2048;
  private static final int MAX_WIDTH = 4096;
  private static final int MAX_TILE = 384;

  /** A multiple of the block size of the matrix product. */
  private static final int TILE_STEP = 16;

  /** The number of elements that a thread subtracts at a time. */
  private static final int STRETCH = 1 << 15;

  /** The approximate number of parts of the work; slots are added if there are few tiles. */
  private static final int PARTS = 16;

  /**
   * The largest number of elements of a group's Gram matrices: rows of up to 8192 weights are
   * whole, a row of 18432 is cut into 6 pieces.
   */
  private static final int MAX_GRAM = 1 << 26;

  private final Patches patches;
  private final boolean studentDiffers;
  private final OffHeapMemory memory;
  private final ColumnBlock block;
  private final @Nullable Projection projection;
  private final OffHeapMatrix ones;
  private final BufferPool buffers;
  private final List<GroupMoments> groups = new ArrayList<>();
  private final List<Tile> tiles = new ArrayList<>();
  private long positions;
  private long samples;
  private float[] delta = new float[0];

  /**
   * Creates an accumulator for one layer.
   *
   * @param patches the layer's input as columns
   * @param weights the layer's weight {@code [out, K]}, real
   * @param out the number of rows
   * @param studentDiffers whether the student's inputs may differ from the teacher's
   */
  public MomentsAccumulator(Patches patches, float[] weights, int out, boolean studentDiffers) {
    this(patches, weights, out, studentDiffers, MAX_GRAM);
  }

  MomentsAccumulator(
      Patches patches, float[] weights, int out, boolean studentDiffers, int maxGram) {
    this(patches, weights, out, studentDiffers, maxGram, new OffHeapMemory());
  }

  /**
   * @param memory owned by the new object; closed with it, or if the constructor fails
   */
  MomentsAccumulator(
      Patches patches,
      float[] weights,
      int out,
      boolean studentDiffers,
      int maxGram,
      OffHeapMemory memory) {
    int k = patches.k();
    int groupCount = patches.groups();
    if (weights.length != out * k || out % groupCount != 0) {
      throw new IllegalArgumentException(
          weights.length + " weights, " + out + " rows of " + k + ", " + groupCount + " groups");
    }
    this.patches = patches;
    this.studentDiffers = studentDiffers;
    this.memory = memory;
    int pieces = (int) (((long) k * k + maxGram - 1) / maxGram);
    int pieceSize = (k + pieces - 1) / pieces;
    int tile = tile(pieceSize);
    int perRow = (pieceSize + tile - 1) / tile;
    int parts = groupCount * pieces * perRow * (perRow + 1) / 2;
    int slots = (int) clamp(PARTS / parts, 1, MAX_SLOTS);
    long perPosition = (studentDiffers ? 2L : 1L) * groupCount * k;
    long least = clamp(k, MIN_WIDTH, FULL_WIDTH);
    int width = (int) clamp(BLOCK_FLOATS / perPosition / slots, least, MAX_WIDTH);
    buffers = new BufferPool(tile, memory);
    int rows = out / groupCount;
    boolean projected = studentDiffers && GroupMoments.isProjected(rows, k, pieces);
    try {
      block = new ColumnBlock(groupCount * k, width, slots, studentDiffers, memory);
      ones = memory.matrix(1, width);
      float[] one = new float[width];
      Arrays.fill(one, 1);
      ones.put(0, 0, one, 0, width);
      projection =
          projected
              ? new Projection(weights, groupCount, k, block.deltas(0, groupCount * k), memory)
              : null;
      for (int g = 0; g < groupCount; g++) {
        float[] own = Arrays.copyOfRange(weights, g * rows * k, (g + 1) * rows * k);
        add(new GroupMoments(own, k, pieces, tile, studentDiffers));
      }
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private void add(GroupMoments group) {
    int from = groups.size() * patches.k();
    int to = from + patches.k();
    List<OffHeapMatrix> deltas = studentDiffers ? block.deltas(from, to) : List.<OffHeapMatrix>of();
    tiles.addAll(
        group.tiles(
            block.inputs(from, to),
            deltas,
            projection == null ? deltas : projection.ofGroup(groups.size()),
            ones));
    groups.add(group);
  }

  /** Returns the size of the totals' tiles: the least number of tiles, of about equal sizes. */
  private static int tile(int size) {
    int count = (size + MAX_TILE - 1) / MAX_TILE;
    int tile = (size + count - 1) / count;
    return count == 1 ? tile : (tile + TILE_STEP - 1) / TILE_STEP * TILE_STEP;
  }

  private static long clamp(long value, long least, long most) {
    return Math.max(least, Math.min(most, value));
  }

  /**
   * Adds a batch.
   *
   * @param teacher the layer's input in the float network, FLOAT
   * @param student the same in the quantized network, of the same shape; ignored if the accumulator
   *     was created without a student that differs
   */
  public void add(Tensor teacher, Tensor student) {
    long[] shape = teacher.shape();
    float[] input = teacher.floats();
    if (studentDiffers) {
      if (!Arrays.equals(shape, student.shape())) {
        throw new IllegalArgumentException("teacher " + teacher + ", student " + student);
      }
      input = student.floats();
      subtract(input, teacher.floats());
    }
    float[][] values = {input, delta};
    Patches.Columns columns = patches.columns(shape, samples);
    for (int at = 0; at < columns.positions(); ) {
      int count = Math.min(columns.positions() - at, block.room());
      block.append(columns, values, at, count, buffers);
      at += count;
      if (block.room() == 0) {
        flush();
      }
    }
    positions += columns.positions();
    samples += shape.length == 0 ? 1 : shape[0];
  }

  private void subtract(float[] student, float[] teacher) {
    if (delta.length < student.length) {
      delta = new float[student.length];
    }
    IntStream.range(0, student.length / STRETCH + 1)
        .parallel()
        .forEach(
            part -> {
              int end = Math.min(student.length, (part + 1) * STRETCH);
              for (int i = part * STRETCH; i < end; i++) {
                delta[i] = student[i] - teacher[i];
              }
            });
  }

  /** Adds the block to the totals and empties it. */
  private void flush() {
    int slots = block.slotsInUse();
    for (int s = 0; projection != null && s < slots; s++) {
      projection.set(s, block.used(s));
    }
    IntStream.range(0, tiles.size() * slots)
        .parallel()
        .forEach(
            t -> {
              int slot = t % slots;
              tiles.get(t / slots).add(slot, slots, block.used(slot), buffers);
            });
    block.clear();
  }

  /**
   * Adds the batches of another accumulator of the same layer, as if they had come after this one's
   * (up to the rounding of the sums).
   */
  public void merge(MomentsAccumulator other) {
    if (groups.size() != other.groups.size() || studentDiffers != other.studentDiffers) {
      throw new IllegalArgumentException("moments of different layers");
    }
    flush();
    other.flush();
    for (int g = 0; g < groups.size(); g++) {
      groups.get(g).merge(other.groups.get(g));
    }
    positions += other.positions;
    samples += other.samples;
  }

  /**
   * Returns {@code Σ ‖E x̂‖²} over the positions: the squared error of outputs if the weight is
   * wrong by E. Of rows in pieces, the products between pieces are missing.
   *
   * @param error E {@code [out, K]}
   */
  public double squares(float[] error) {
    flush();
    int perGroup = error.length / groups.size();
    double sum = 0;
    for (int g = 0; g < groups.size(); g++) {
      sum += groups.get(g).squares(Arrays.copyOfRange(error, g * perGroup, (g + 1) * perGroup));
    }
    return sum;
  }

  /** Returns how many positions were added; of earlier ones, the sum of their weights. */
  public long positions() {
    return positions;
  }

  /** Writes the totals of the student's inputs, for {@link #addInputs}. */
  public void writeInputs(NumberWriter to) throws IOException {
    flush();
    to.write(positions);
    for (GroupMoments group : groups) {
      group.writeInputs(to);
    }
  }

  /**
   * Adds the student's inputs of an earlier accumulator of the same layer, as {@link #writeInputs}
   * wrote them. They count as if teacher and student had both had them: errors of a student of
   * which the layers have been rounded anew are not to be repaired.
   *
   * @param weight of an earlier position in proportion to one of this accumulator, 0 to 1
   */
  public void addInputs(NumberReader from, double weight) throws IOException {
    flush();
    long earlier = from.readLong();
    long counted = Math.round(weight * earlier);
    double rounded = earlier == 0 ? 0 : (double) counted / earlier;
    for (GroupMoments group : groups) {
      group.addInputs(from, rounded);
    }
    positions += counted;
  }

  /** Returns whether the student's inputs may differ from the teacher's. */
  public boolean studentDiffers() {
    return studentDiffers;
  }

  /**
   * Writes the state. An accumulator that continues from it after {@link #read} gives the same
   * moments, bit for bit, as one that was never interrupted.
   */
  public void write(NumberWriter to) throws IOException {
    to.write(positions);
    to.write(samples);
    to.write(block.filled());
    for (int g = 0; g < groups.size(); g++) {
      groups.get(g).write(to);
      block.write(to, g * patches.k(), (g + 1) * patches.k());
    }
  }

  /** Reads the state of another accumulator of the same layer; this one must be new. */
  public void read(NumberReader from) throws IOException {
    positions = from.readLong();
    samples = from.readLong();
    long pending = from.readLong();
    if (positions < pending || pending < 0 || pending >= block.room()) {
      throw new IOException("%d of %d positions are pending".formatted(pending, positions));
    }
    for (int g = 0; g < groups.size(); g++) {
      groups.get(g).read(from);
      block.read(from, (int) pending, g * patches.k(), (g + 1) * patches.k());
    }
  }

  /**
   * Returns the moments: one per group or, for long rows, one per group and piece, group by group.
   * They take over this accumulator's memory; it can then only be closed.
   */
  public List<Moments> finish() {
    flush();
    return groups.stream().flatMap(g -> g.moments(positions).stream()).toList();
  }

  @Override
  public void close() {
    memory.close();
  }
}
