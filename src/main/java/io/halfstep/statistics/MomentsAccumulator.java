package io.halfstep.statistics;

import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Accumulates a layer's {@link Moments} from the batches that stream by.
 *
 * <p>The same samples in the same order give the same moments, bit for bit, however they were cut
 * into batches and however many threads worked. Work runs in parallel on the calling ForkJoinPool.
 * Not thread-safe; {@link #close()} frees the memory outside the heap.
 */
public final class MomentsAccumulator implements AutoCloseable {
  /*
   * Columns of patches gather in a block per group (off-heap, single precision) until it is full;
   * only then do the matrix products run, and their sums are added to totals in double precision.
   * So the rounding of single precision does not pile up with the stream's length, and nothing
   * depends on where a batch ended. A block is cut into slots, panels cut the products: these are
   * what threads share out, and both follow from the layer's shape alone.
   */
  private static final int BLOCK_FLOATS = 1 << 22;
  private static final int MAX_SLOTS = 4;
  private static final int MIN_WIDTH = 512;
  private static final int MAX_WIDTH = 4096;

  /**
   * The most elements that the Gram matrices of a group may have, 256 MiB: rows of up to 5792
   * weights are whole, and one of 18432 is cut into 11 pieces.
   */
  private static final int MAX_GRAM = 1 << 25;

  private final Patches patches;
  private final boolean studentDiffers;
  private final int width;
  private final int slots;
  private final List<GroupMoments> groups = new ArrayList<>();
  private final OffHeapMatrix ones;
  private final List<Accumulation> accumulations = new ArrayList<>();
  private final BufferPool buffers = new BufferPool();
  private int pending;
  private long positions;
  private long samples;
  private float[] delta = new float[0];

  /**
   * For one layer.
   *
   * @param patches how the layer sees its input
   * @param weights the layer's weight {@code [out, K]}, real
   * @param out the number of rows
   * @param studentDiffers whether the student's inputs may differ from the teacher's
   */
  public MomentsAccumulator(Patches patches, float[] weights, int out, boolean studentDiffers) {
    this(patches, weights, out, studentDiffers, MAX_GRAM);
  }

  MomentsAccumulator(
      Patches patches, float[] weights, int out, boolean studentDiffers, int maxGram) {
    int k = patches.k();
    int groupCount = patches.groups();
    if (weights.length != out * k || out % groupCount != 0) {
      throw new IllegalArgumentException(
          weights.length + " weights, " + out + " rows of " + k + ", " + groupCount + " groups");
    }
    this.patches = patches;
    this.studentDiffers = studentDiffers;
    long perPosition = (studentDiffers ? 2L : 1L) * groupCount * k;
    slots = (int) clamp(BLOCK_FLOATS / perPosition / 1024, 1, MAX_SLOTS);
    width = (int) clamp(BLOCK_FLOATS / perPosition / slots, MIN_WIDTH, MAX_WIDTH);
    ones = new OffHeapMatrix(1, width);
    float[] one = new float[width];
    Arrays.fill(one, 1);
    ones.put(0, 0, one, 0, width);
    int size = out / groupCount * k;
    int pieces = (int) (((long) k * k + maxGram - 1) / maxGram);
    for (int g = 0; g < groupCount; g++) {
      float[] own = Arrays.copyOfRange(weights, g * size, (g + 1) * size);
      GroupMoments group = new GroupMoments(own, k, pieces, studentDiffers, slots, width);
      groups.add(group);
      accumulations.addAll(group.accumulations(ones));
    }
  }

  private static long clamp(long value, long least, long most) {
    return Math.max(least, Math.min(most, value));
  }

  /**
   * Takes in a batch.
   *
   * @param teacher the layer's input in the float network, FLOAT
   * @param student the same in the quantized network, of the same shape; ignored if the student was
   *     said not to differ
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
    Patches here = patches.from(samples);
    samples += shape.length == 0 ? 1 : shape[0];
    int batch = here.positions(shape);
    for (int at = 0; at < batch; ) {
      int count = Math.min(batch - at, slots * width - pending);
      gather(here, input, shape, at, count);
      at += count;
      pending += count;
      if (pending == slots * width) {
        flush();
      }
    }
    positions += batch;
  }

  private void subtract(float[] student, float[] teacher) {
    if (delta.length < student.length) {
      delta = new float[student.length];
    }
    for (int i = 0; i < student.length; i++) {
      delta[i] = student[i] - teacher[i];
    }
  }

  /** Appends columns {@code [at, at + count)} of the batch to the block. */
  private void gather(Patches here, float[] input, long[] shape, int at, int count) {
    int firstSlot = pending / width;
    int pieces = (pending + count - 1) / width - firstSlot + 1;
    int kinds = studentDiffers ? 2 : 1;
    IntStream.range(0, groups.size() * pieces * kinds)
        .parallel()
        .forEach(
            task -> {
              int kind = task % kinds;
              int slot = firstSlot + task / kinds % pieces;
              int group = task / kinds / pieces;
              int begin = Math.max(pending, slot * width);
              int length = Math.min(pending + count, (slot + 1) * width) - begin;
              float[] columns = buffers.borrow(patches.k() * width);
              here.extract(
                  kind == 0 ? input : delta, shape, group, at + begin - pending, length, columns);
              groups.get(group).put(kind == 1, slot, begin - slot * width, length, columns);
              buffers.giveBack(columns);
            });
  }

  /** Adds what the block holds to the totals, and empties it. */
  private void flush() {
    if (pending == 0) {
      return;
    }
    int columns = pending;
    if (studentDiffers) {
      IntStream.range(0, groups.size() * slots)
          .parallel()
          .forEach(t -> groups.get(t / slots).project(t % slots, used(t % slots, columns)));
    }
    IntStream.range(0, accumulations.size())
        .parallel()
        .forEach(t -> accumulations.get(t).add(s -> used(s, columns), buffers));
    pending = 0;
  }

  private int used(int slot, int columns) {
    return (int) clamp(columns - slot * width, 0, width);
  }

  /**
   * Takes in what another accumulator of the same layer has seen, as if its batches had come after
   * this one's (up to the rounding of the sums).
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

  /** Whether the student's inputs may differ from the teacher's. */
  public boolean studentDiffers() {
    return studentDiffers;
  }

  /**
   * Writes all that has been taken in, as it is: what has gone on from there after {@link #read} is
   * the same, bit for bit, as what was never interrupted.
   */
  public void write(NumberWriter to) throws IOException {
    to.write(positions);
    to.write(samples);
    to.write(pending);
    for (GroupMoments group : groups) {
      group.write(to, s -> used(s, pending));
    }
  }

  /** Takes over what another accumulator of the same layer has written; this one must be new. */
  public void read(NumberReader from) throws IOException {
    positions = from.readLong();
    samples = from.readLong();
    pending = Math.toIntExact(from.readLong());
    if (positions < pending || pending < 0 || pending >= slots * width) {
      throw new IOException("%d of %d positions are pending".formatted(pending, positions));
    }
    for (GroupMoments group : groups) {
      group.read(from, s -> used(s, pending));
    }
  }

  /**
   * The moments: one per group, or, where rows are long, one per group and piece, group by group,
   * as {@link Moments} has it. They take over this accumulator's memory; all that is left to do
   * with it is to close it.
   */
  public List<Moments> finish() {
    flush();
    return groups.stream().flatMap(g -> g.moments(positions).stream()).toList();
  }

  @Override
  public void close() {
    groups.forEach(GroupMoments::close);
    ones.close();
    buffers.close();
  }
}
