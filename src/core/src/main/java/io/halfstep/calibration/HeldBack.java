package io.halfstep.calibration;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import io.halfstep.source.Dataset;
import io.halfstep.source.InputPort;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Divides the samples: every eighth is held back from learning. On these, which no layer has
 * fitted, the finished network is compared with the float one. Which samples they are depends on
 * their places in the data only, not on the batches; if the model fixes the batch size, whole
 * batches are held back.
 */
public final class HeldBack {
  /** One sample of this many is held back. */
  public static final int EVERY = 8;

  private final BatchSource source;
  private final List<InputPort> inputs;
  private final int unit;

  HeldBack(BatchSource source, List<InputPort> inputs) {
    this.source = source;
    this.inputs = inputs;
    this.unit = Math.max(1, Dataset.fixedBatch(inputs));
  }

  /**
   * Returns whether a sample is held back, unless the model fixes the batch size.
   *
   * @param number of the sample in its run, from 0
   */
  public static boolean isHeldBack(long number) {
    return number % EVERY == EVERY - 1;
  }

  /** Returns the batches to learn from, from this one on. */
  Source<SampleBatch, NotUsed> learned(long firstBatch) {
    return only(false, firstBatch);
  }

  /**
   * Returns the batches to compare on, from this one on: if there were too few samples to hold one
   * back, all of them.
   *
   * @param learned the number of samples that the layers learned from
   */
  Source<SampleBatch, NotUsed> compared(long firstBatch, long learned) {
    return isSeparate(learned) ? only(true, firstBatch) : source.from(firstBatch);
  }

  /** Returns whether some samples were held back, given the number of the others. */
  boolean isSeparate(long learned) {
    return learned >= (long) EVERY * unit;
  }

  /** Returns how many samples layers learn from, given the number of all. */
  long learnedOf(long all) {
    return all - all / unit / EVERY * unit;
  }

  /** Returns about how many samples there are to compare on, given the number of the others. */
  long comparedBeside(long learned) {
    return isSeparate(learned) ? learned / (EVERY - 1) : learned;
  }

  /**
   * Returns batches of the first samples; if the model fixes the batch size, of whole batches.
   *
   * @param count how many of all samples
   */
  Source<SampleBatch, NotUsed> first(int count, long firstBatch) {
    return source
        .from(firstBatch)
        .map(batch -> only(batch, sample -> number(batch, sample) * unit < count))
        .takeWhile(batch -> batch.samples() > 0);
  }

  private Source<SampleBatch, NotUsed> only(boolean heldBack, long firstBatch) {
    return source
        .from(firstBatch)
        .map(batch -> only(heldBack, batch))
        .filter(batch -> batch.samples() > 0);
  }

  /** Returns a batch of its samples that are held back, or of the others. */
  SampleBatch only(boolean heldBack, SampleBatch batch) {
    return only(batch, sample -> heldBack == isHeldBack(number(batch, sample)));
  }

  /** Returns the samples of a batch one by one; if the model fixes the batch size, the batch. */
  List<SampleBatch> apart(SampleBatch batch) {
    return unit > 1
        ? List.of(batch)
        : IntStream.range(0, batch.samples())
            .mapToObj(sample -> only(batch, other -> other == sample))
            .toList();
  }

  private SampleBatch only(SampleBatch batch, IntPredicate which) {
    int[] chosen = IntStream.range(0, batch.samples()).filter(which).toArray();
    long[] numbers = IntStream.of(chosen).mapToLong(i -> batch.numbers()[i]).toArray();
    if (chosen.length == 0 || chosen.length == batch.samples()) {
      return new SampleBatch(batch.id(), numbers, batch.inputs());
    }
    Map<String, Tensor> some = new LinkedHashMap<>(batch.inputs());
    for (InputPort port : inputs) {
      if (port.isBatched()) {
        List<Tensor> parts =
            IntStream.of(chosen)
                .mapToObj(i -> batch.input(port.name()).slice(port.batchAxis(), i))
                .toList();
        some.put(port.name(), Tensor.concatenate(parts, port.batchAxis()));
      }
    }
    return new SampleBatch(batch.id(), numbers, some);
  }

  /** Returns the number of a sample or, if batches can't be divided, of its batch. */
  private long number(SampleBatch batch, int sample) {
    return unit > 1 ? batch.id() : batch.numbers()[sample];
  }
}
