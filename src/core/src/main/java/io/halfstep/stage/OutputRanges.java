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
import io.halfstep.tensor.Mask;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Observes some of one stage's output tensors, and sets their ranges at the end of a pass: those of
 * the teacher first, and those of the student after the layers have learned.
 */
final class OutputRanges implements StageState {
  private static final class Output {
    final ActivationPlan plan;
    ActivationStatistics statistics = new ActivationStatistics();

    Output(ActivationPlan plan) {
      this.plan = plan;
    }

    void observe(Activation activation, @Nullable Mask mask) {
      activation.unpadded(mask).forEach(part -> statistics.add(part.student().floats()));
    }

    Encoding encode() {
      return ActivationRanges.encode(statistics, plan.bits(), plan.ranges());
    }
  }

  private final StageId stage;
  private final SortedMap<String, Output> outputs = new TreeMap<>();

  OutputRanges(StageId stage, Map<String, ActivationPlan> plans) {
    this.stage = stage;
    plans.forEach((tensor, plan) -> outputs.put(tensor, new Output(plan)));
  }

  /** Observes a batch, unless the ranges are final. */
  Batch observe(Batch batch, Pass pass) {
    if (!pass.compares()) {
      outputs.forEach(
          (tensor, output) -> {
            Activation activation = batch.activations().get(tensor);
            if (activation != null) {
              output.observe(activation, batch.mask());
            }
          });
    }
    return batch;
  }

  /**
   * Sets the ranges from the pass's statistics, reports them to the run, and resets the statistics.
   *
   * @return the encodings of the tensors of all earlier stages and this one
   */
  SortedMap<String, Encoding> endPass(PassEnd end, ActorRef<RunEvent> events) {
    if (outputs.isEmpty() || end.pass().compares()) {
      return end.encodings();
    }
    SortedMap<String, Encoding> encodings = new TreeMap<>();
    SortedMap<String, ActivationStatistics> statistics = new TreeMap<>();
    outputs.forEach(
        (tensor, output) -> {
          encodings.put(tensor, output.encode());
          statistics.put(tensor, output.statistics);
          output.statistics = new ActivationStatistics();
        });
    events.tell(new RunEvent.RangesSet(stage, encodings, statistics));
    SortedMap<String, Encoding> all = new TreeMap<>(end.encodings());
    all.putAll(encodings);
    return all;
  }

  @Override
  public void save(WireWriter to) {
    outputs.values().forEach(output -> to.object(output.statistics));
  }

  @Override
  public void restore(WireReader from) {
    outputs.values().forEach(output -> output.statistics = from.object(ActivationStatistics.class));
  }
}
