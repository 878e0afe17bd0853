package io.halfstep.stage;

import akka.actor.typed.ActorRef;
import io.halfstep.checkpoint.StageState;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Encoding;
import io.halfstep.ranges.ActivationRanges;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The quantizers of one stage's output tensors. In the first pass they observe the teacher; from
 * then on the student's values are quantized. While the layers learn, the student is observed, so
 * that the final ranges are those of the student.
 */
final class ActivationQuantizers implements StageState {
  private static final class Quantizer {
    final ActivationPlan plan;
    ActivationStatistics statistics = new ActivationStatistics();
    @Nullable Encoding encoding;

    Quantizer(ActivationPlan plan) {
      this.plan = plan;
    }

    Activation apply(Activation activation, Pass pass, @Nullable Mask mask) {
      if (pass != Pass.FINISH) {
        activation.unpadded(mask).forEach(part -> statistics.add(part.student().floats()));
      }
      if (encoding == null || pass == Pass.OBSERVE || pass == Pass.LEARN) {
        return activation;
      }
      float[] rounded = new float[activation.student().size()];
      encoding.roundTrip(activation.student().floats(), rounded);
      return new Activation(
          activation.teacher(),
          Tensor.of(ElementType.FLOAT, rounded, activation.student().shape()));
    }

    Encoding encode() {
      encoding = ActivationRanges.encode(statistics, plan.bits(), plan.ranges());
      return encoding;
    }
  }

  private final StageId stage;
  private final SortedMap<String, Quantizer> quantizers = new TreeMap<>();

  ActivationQuantizers(StageId stage, Map<String, ActivationPlan> plans) {
    this.stage = stage;
    plans.forEach((tensor, plan) -> quantizers.put(tensor, new Quantizer(plan)));
  }

  /** Observes and quantizes a batch's tensors. */
  Batch apply(Batch batch, Pass pass) {
    SortedMap<String, Activation> quantized = new TreeMap<>(batch.activations());
    quantizers.forEach(
        (tensor, quantizer) ->
            quantized.computeIfPresent(
                tensor, (name, a) -> quantizer.apply(a, pass, batch.mask())));
    return batch.with(quantized);
  }

  /**
   * Sets the ranges from the pass's statistics, reports them to the run, and resets the statistics.
   *
   * @return the encodings of the tensors of all earlier stages and this one
   */
  SortedMap<String, Encoding> endPass(PassEnd end, ActorRef<RunEvent> events) {
    if (quantizers.isEmpty() || end.pass() == Pass.FINISH) {
      return end.encodings();
    }
    SortedMap<String, Encoding> encodings = new TreeMap<>();
    SortedMap<String, ActivationStatistics> statistics = new TreeMap<>();
    quantizers.forEach(
        (tensor, quantizer) -> {
          encodings.put(tensor, quantizer.encode());
          statistics.put(tensor, quantizer.statistics);
          quantizer.statistics = new ActivationStatistics();
        });
    events.tell(new RunEvent.RangesSet(stage, encodings, statistics));
    SortedMap<String, Encoding> all = new TreeMap<>(end.encodings());
    all.putAll(encodings);
    return all;
  }

  @Override
  public void save(WireWriter to) {
    for (Quantizer quantizer : quantizers.values()) {
      to.object(quantizer.statistics);
      to.flag(quantizer.encoding != null);
      if (quantizer.encoding != null) {
        to.object(quantizer.encoding);
      }
    }
  }

  @Override
  public void restore(WireReader from) {
    for (Quantizer quantizer : quantizers.values()) {
      quantizer.statistics = from.object(ActivationStatistics.class);
      quantizer.encoding = from.flag() ? from.object(Encoding.class) : null;
    }
  }
}
