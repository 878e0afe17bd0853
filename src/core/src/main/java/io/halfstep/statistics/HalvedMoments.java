package io.halfstep.statistics;

import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Accumulates a layer's moments in two halves, the samples of even and of odd number, so that
 * {@link MomentsShrinkage} can estimate how far the moments are to be trusted.
 *
 * <p>Memory is that of two {@link MomentsAccumulator}s. Like one, the result does not depend on how
 * samples were cut into batches.
 */
public final class HalvedMoments implements AutoCloseable {
  private final List<MomentsAccumulator> halves = new ArrayList<>();
  private long samples;

  /**
   * For one layer.
   *
   * @param patches how the layer sees its input
   * @param weights the layer's weight {@code [out, K]}, real
   * @param out the number of rows
   * @param studentDiffers whether the student's inputs may differ from the teacher's
   */
  public HalvedMoments(Patches patches, float[] weights, int out, boolean studentDiffers) {
    Supplier<MomentsAccumulator> half =
        () -> new MomentsAccumulator(patches, weights, out, studentDiffers);
    try {
      halves.add(half.get());
      halves.add(half.get());
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Adds a batch.
   *
   * @param teacher the layer's input in the float network, FLOAT
   * @param student the same in the quantized network, of the same shape
   * @param count the number of samples: the first axis holds them one after another
   */
  public void add(Tensor teacher, Tensor student, int count) {
    if (count == 1) {
      half(samples).add(teacher, student);
    } else {
      int rows = Math.toIntExact(teacher.dim(0)) / count;
      for (int parity = 0; parity < Math.min(2, count); parity++) {
        Tensor x = everyOther(teacher, parity, count, rows);
        half(samples + parity)
            .add(x, teacher == student ? x : everyOther(student, parity, count, rows));
      }
    }
    samples += count;
  }

  private MomentsAccumulator half(long sample) {
    return halves.get((int) (sample % 2));
  }

  private static Tensor everyOther(Tensor tensor, int first, int count, int rows) {
    List<Tensor> chosen = new ArrayList<>();
    for (int sample = first; sample < count; sample += 2) {
      chosen.add(tensor.rows(sample * rows, (sample + 1) * rows));
    }
    return Tensor.concatenate(chosen);
  }

  /** Returns whether the student's inputs may differ from the teacher's. */
  public boolean studentDiffers() {
    return halves.get(0).studentDiffers();
  }

  /** Writes the state, as {@link MomentsAccumulator#write}. */
  public void write(NumberWriter to) throws IOException {
    to.write(samples);
    for (MomentsAccumulator half : halves) {
      half.write(to);
    }
  }

  /** Restores the state of another accumulator of the same layer; this one must be new. */
  public void read(NumberReader from) throws IOException {
    samples = from.readLong();
    for (MomentsAccumulator half : halves) {
      half.read(from);
    }
  }

  /** Returns the sum of {@link MomentsAccumulator#squares}. */
  public double squares(float[] error) {
    return halves.stream().mapToDouble(half -> half.squares(error)).sum();
  }

  /** Returns how many positions were added. */
  public long positions() {
    return halves.stream().mapToLong(MomentsAccumulator::positions).sum();
  }

  /** Writes the totals of the student's inputs, as {@link MomentsAccumulator#writeInputs}. */
  public void writeInputs(NumberWriter to) throws IOException {
    for (MomentsAccumulator half : halves) {
      half.writeInputs(to);
    }
  }

  /** Adds the inputs of an earlier one, as {@link MomentsAccumulator#addInputs}. */
  public void addInputs(NumberReader from, double weight) throws IOException {
    for (MomentsAccumulator half : halves) {
      half.addInputs(from, weight);
    }
  }

  /**
   * Returns the moments, shrunk: one per group, or, if rows are long, one per group and piece, as
   * {@link MomentsAccumulator#finish}. Afterwards this can only be closed.
   */
  public List<Moments> finish() {
    List<Moments> even = halves.get(0).finish();
    halves.get(0).close();
    List<Moments> odd = halves.get(1).finish();
    close();
    return MomentsShrinkage.of(even, odd);
  }

  @Override
  public void close() {
    halves.forEach(MomentsAccumulator::close);
  }
}
