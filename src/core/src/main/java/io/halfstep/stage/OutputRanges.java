package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.ActorRef;
import io.halfstep.checkpoint.StageState;
import io.halfstep.checkpoint.StatisticsHistory;
import io.halfstep.drift.Distributions;
import io.halfstep.flow.StageSetup;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.ranges.Equalization;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.ChannelStatistics;
import io.halfstep.statistics.SampleStatistics;
import io.halfstep.tensor.Tensor;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Observes some of one stage's output tensors, and sets their ranges at the end of a pass: those of
 * the teacher first, and those of the student after the layers have learned. The first pass also
 * sets the factors of their channels.
 */
final class OutputRanges implements StageState {
  private static final class Output implements StageState {
    final ActivationPlan plan;
    ActivationStatistics statistics =
        new ActivationStatistics(); // of x/d, once there are factors d
    private @Nullable SampleStatistics samples;
    private ChannelStatistics channels = new ChannelStatistics();
    private ChannelFactors factors;

    Output(ActivationPlan plan) {
      this.plan = plan;
      this.factors = plan.given() == null ? ChannelFactors.NONE : plan.given().factors();
      this.samples = plan.observer();
    }

    void observe(Activation activation, Batch batch, Pass pass) {
      for (Activation part : activation.unpadded(batch.mask())) {
        Tensor x = part.student();
        statistics.add(factors.inverse().times(x.floats()));
        if (samples != null) {
          samples.add(x, part.teacher() == activation.teacher() ? batch.samples() : 1);
        }
        if (equalizes(pass)) {
          channels.add(x);
        }
      }
    }

    /** The first pass chooses the factors. */
    private boolean equalizes(Pass pass) {
      return (pass == Pass.OBSERVE || pass == Pass.LEARN) && !plan.equalized().isEmpty();
    }

    /** Adds the values that earlier runs have seen in the same pass. */
    void add(ActivationStatistics earlier) {
      ActivationStatistics sum = new ActivationStatistics();
      sum.merge(statistics);
      sum.merge(earlier);
      statistics = sum;
    }

    /** Returns the encoding; null if nothing is known of the values. */
    @Nullable Encoding endPass(Pass pass) {
      if (pass == Pass.DERIVE) {
        return plan.derive();
      }
      if (equalizes(pass) && channels.positions() > 0) {
        factors = Equalization.factors(channels, plan.bits(), plan.symmetric(), plan.weights());
        if (!factors.isNone()) {
          return Equalization.encode(channels, plan.bits(), plan.symmetric(), factors);
        }
      }
      return factors.isNone()
          ? plan.encode(statistics, samples)
          : plan.encode(statistics, new RangeMethod.MinMax()).withFactors(factors);
    }

    void startAnew() {
      statistics = new ActivationStatistics();
      samples = plan.observer();
    }

    @Override
    public void save(WireWriter to) {
      to.object(statistics).object(channels).reals(factors.values());
      if (samples != null) {
        to.object(samples);
      }
    }

    @Override
    public void restore(WireReader from) {
      statistics = from.object(ActivationStatistics.class);
      channels = from.object(ChannelStatistics.class);
      factors = ChannelFactors.of(from.reals());
      if (samples != null) {
        samples = from.object(SampleStatistics.class);
      }
    }
  }

  private final StageId stage;
  private final @Nullable StatisticsHistory history;
  private final SortedMap<String, Output> outputs = new TreeMap<>();
  private final Set<String> settled = new HashSet<>();

  OutputRanges(StageSetup setup, Map<String, ActivationPlan> plans) {
    this.stage = setup.id();
    this.history = setup.run().node().history();
    plans.forEach((tensor, plan) -> outputs.put(tensor, new Output(plan)));
  }

  /** Begins a pass. */
  void begin(PassStart start) {
    settled.clear();
    settled.addAll(start.pass().compares() ? outputs.keySet() : start.settled().keySet());
  }

  /** Observes those tensors of a batch whose ranges are not final. */
  Batch observe(Batch batch, Pass pass) {
    outputs.forEach(
        (tensor, output) -> {
          Activation activation = batch.activations().get(tensor);
          if (activation != null && !settled.contains(tensor)) {
            output.observe(activation, batch, pass);
          }
        });
    return batch;
  }

  /** Completes when the earlier statistics that {@link #endPass} needs are there. */
  CompletableFuture<?> earlier(Pass pass) {
    return history == null || pass == Pass.DERIVE || settled.containsAll(outputs.keySet())
        ? CompletableFuture.completedFuture(null)
        : history.ready(stage, kind(pass));
  }

  /**
   * Sets the ranges from the pass's statistics, reports them to the run, and resets the statistics.
   *
   * @return the encodings of the tensors of all earlier stages and this one
   */
  SortedMap<String, Encoding> endPass(PassEnd end, ActorRef<RunEvent> events) {
    if (settled.containsAll(outputs.keySet())) {
      return end.encodings();
    }
    StatisticsHistory kept = end.pass() == Pass.DERIVE ? null : history;
    if (kept != null) {
      recall(kept, end.pass(), events);
    }
    SortedMap<String, Encoding> encodings = new TreeMap<>();
    SortedMap<String, ActivationStatistics> statistics = new TreeMap<>();
    outputs.forEach(
        (tensor, output) -> {
          if (settled.contains(tensor)) {
            return;
          }
          boolean comparable = output.factors.isNone();
          Encoding encoding = output.endPass(end.pass());
          if (encoding != null) {
            encodings.put(tensor, encoding);
          }
          if (comparable == output.factors.isNone() && end.pass() != Pass.DERIVE) {
            statistics.put(tensor, output.statistics);
          }
          output.startAnew();
        });
    if (kept != null) {
      leave(kept, end.pass(), encodings, statistics);
    }
    events.tell(new RunEvent.RangesSet(stage, encodings, statistics));
    SortedMap<String, Encoding> all = new TreeMap<>(end.encodings());
    all.putAll(encodings);
    return all;
  }

  /**
   * Adds the values of earlier runs, and reports how far they have moved. Tensors whose channels
   * have factors start anew, since each run chooses others.
   */
  private void recall(StatisticsHistory from, Pass pass, ActorRef<RunEvent> events) {
    from.recall(
        stage,
        kind(pass),
        earlier -> {
          for (int left = earlier.count(); left > 0; left--) {
            String tensor = earlier.text();
            ActivationStatistics values = earlier.object(ActivationStatistics.class);
            Encoding encoding = earlier.object(Encoding.class);
            Output output = outputs.get(tensor);
            if (output != null && !settled.contains(tensor) && output.factors.isNone()) {
              if (!pass.hasStudent()) {
                events.tell(drift(tensor, output.statistics, values, encoding));
              }
              output.add(values.times(from.weight()));
            }
          }
          return earlier;
        });
  }

  private static RunEvent.RangeDrift drift(
      String tensor, ActivationStatistics now, ActivationStatistics earlier, Encoding encoding) {
    return new RunEvent.RangeDrift(
        tensor,
        Distributions.clipped(now.histogram(), encoding)
            - Distributions.clipped(earlier.histogram(), encoding),
        Distributions.distance(now.histogram(), earlier.histogram()));
  }

  private void leave(
      StatisticsHistory to,
      Pass pass,
      SortedMap<String, Encoding> encodings,
      SortedMap<String, ActivationStatistics> statistics) {
    SortedMap<String, Encoding> left = new TreeMap<>(encodings);
    left.keySet().retainAll(statistics.keySet());
    left.values().removeIf(encoding -> !encoding.factors().isNone());
    to.leave(
        stage,
        kind(pass),
        next -> {
          next.count(left.size());
          left.forEach(
              (tensor, encoding) ->
                  next.text(tensor)
                      .object(requireNonNull(statistics.get(tensor)))
                      .object(encoding));
        });
  }

  private static String kind(Pass pass) {
    return pass.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void save(WireWriter to) {
    outputs.values().forEach(output -> output.save(to));
  }

  @Override
  public void restore(WireReader from) {
    outputs.values().forEach(output -> output.restore(from));
  }
}
