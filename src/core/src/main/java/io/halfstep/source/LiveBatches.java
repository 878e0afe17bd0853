package io.halfstep.source;

import akka.NotUsed;
import akka.japi.Pair;
import akka.stream.javadsl.Source;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Makes the batches of a pass from a sequence of samples, such as a log of live ones. */
public final class LiveBatches {
  private LiveBatches() {}

  /**
   * Returns the batches that {@link Dataset#grouped} would give for the same samples in this order:
   * with the same values, boundaries and ids.
   *
   * @param samples the samples from the one with this number on
   * @param ports the model's inputs, in its order; the samples have passed their {@link Admission},
   *     with the same normalization
   * @param mask the input that tells padding; null if none does
   * @param batch the largest number of samples in a batch; a model's fixed batch size overrides it,
   *     and then samples that fill no batch are left out
   * @param firstSample the number of the first sample of the pass
   * @param firstBatch the id of the first batch to return; earlier ones are skipped
   */
  public static Source<SampleBatch, NotUsed> from(
      LongFunction<Source<RawSample, NotUsed>> samples,
      List<InputPort> ports,
      Normalization normalization,
      @Nullable String mask,
      int batch,
      long firstSample,
      long firstBatch) {
    int fixed = Dataset.fixedBatch(ports);
    int size = fixed > 0 ? fixed : batch;
    Admission admission = Admission.of(ports, normalization);
    Collation collation = new Collation(ports, mask);
    // If shapes differ, the begin of a batch depends on all samples before it.
    long skipped = haveOneShape(ports) ? firstBatch : 0;
    return samples
        .apply(firstSample + skipped * size)
        .zipWithIndex()
        .map(raw -> new Sample(0, skipped * size + raw.second(), raw.first().inputs()))
        .statefulMap(
            () -> new SampleOrder(collation, SampleOrder.WINDOW),
            (order, sample) -> Pair.create(order, order.add(sample)),
            order -> Optional.of(order.end()))
        .mapConcat(ordered -> ordered)
        .statefulMap(
            () -> new BatchCutter(size, fixed > 0, collation, skipped, leftOver -> {}),
            (cutter, sample) -> Pair.create(cutter, Optional.ofNullable(cutter.add(sample))),
            cutter -> Optional.of(Optional.ofNullable(cutter.end())))
        .mapConcat(group -> group.stream().toList())
        .dropWhile(group -> group.id() < firstBatch)
        .map(group -> admit(group, ports, admission).batch(collation));
  }

  private static boolean haveOneShape(List<InputPort> ports) {
    return ports.stream().allMatch(LiveBatches::hasOneShape);
  }

  private static boolean hasOneShape(InputPort port) {
    long[] shape = port.shape();
    return port.isBatched()
        && shape.length > 0
        && IntStream.range(0, shape.length)
            .allMatch(axis -> axis == port.batchAxis() || shape[axis] >= 0);
  }

  private static BatchCutter.Group admit(
      BatchCutter.Group group, List<InputPort> ports, Admission admission) {
    List<Sample> admitted =
        group.samples().stream().map(sample -> admit(sample, ports, admission)).toList();
    return new BatchCutter.Group(group.id(), admitted);
  }

  private static Sample admit(Sample sample, List<InputPort> ports, Admission admission) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (InputPort port : ports) {
      Tensor raw = sample.inputs().get(port.name());
      if (raw == null) {
        throw new InvalidInputException(
            "log of samples: one has no input '%s', only %s"
                .formatted(port.name(), sample.inputs().keySet()));
      }
      try {
        inputs.put(port.name(), admission.admit(port, raw));
      } catch (RejectedException e) {
        throw new InvalidInputException(
            "log of samples: input '%s': %s: %s".formatted(port.name(), e.reason(), e.found()), e);
      }
    }
    return new Sample(sample.position(), sample.number(), inputs);
  }
}
