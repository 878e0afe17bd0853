package io.halfstep.layer;

import static java.util.Objects.requireNonNull;

import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerPlan;
import io.halfstep.quantizer.Encoding;
import io.halfstep.ranges.GuardedEncoding;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a layer learns its integers from, and how: moments while batches pass, then ranges, then
 * rounding.
 */
final class LayerLearning implements AutoCloseable {
  private final Layer layer;
  private final LayerPlan plan;
  private final long seed;
  private final float[] rows;
  private final @Nullable SampleReservoir reservoir;
  private @Nullable MomentsAccumulator moments;
  private long samples;

  /**
   * Learning starts.
   *
   * @param seed fixes the layer's random choices
   * @param reservoirBytes how many bytes of samples are stored, if the solver works from samples
   */
  LayerLearning(Layer layer, LayerPlan plan, long seed, long reservoirBytes) {
    this.layer = layer;
    this.plan = plan;
    this.seed = seed;
    this.rows = layer.layout().toRows(layer.weight().floats());
    this.reservoir =
        plan.rounding() == RoundingMethod.ADAROUND_SAMPLES
            ? new SampleReservoir(reservoirBytes, seed)
            : null;
  }

  /** Takes in a batch of the layer's input; what it needs for that it takes with the first. */
  void collect(Activation input) {
    if (moments == null) {
      moments =
          new MomentsAccumulator(layer.patches(), rows, layer.layout().out(), !input.isShared());
    }
    moments.add(input.teacher(), input.student());
    if (reservoir != null) {
      reservoir.add(samples, input.teacher(), input.student());
      samples += input.teacher().dim(0);
    }
  }

  /**
   * Sets the weight's ranges and rounds it.
   *
   * @param input the encoding of the layer's input, or null where it stays in float
   */
  RunEvent.Rounded round(@Nullable Encoding input, Rounder.Control control) {
    long start = System.nanoTime();
    GuardedEncoding guarded = encoding(input);
    List<Moments> learned = finish();
    RoundingProblem problem =
        new RoundingProblem(
            rows,
            layer.layout().out(),
            layer.layout().k(),
            guarded.encoding(),
            learned,
            seed,
            stored());
    RoundingSolution solution = Rounder.of(plan.rounding()).solve(problem, control);
    return new RunEvent.Rounded(
        layer.name(),
        solution.weight(),
        plan.rounding().label(),
        solution.loss(),
        solution.nearestLoss(),
        solution.flips(),
        (System.nanoTime() - start) / 1e9,
        note(guarded, learned.size() / layer.layout().groups()));
  }

  /** What has been learned; the accumulator's memory goes before the solver comes. */
  private List<Moments> finish() {
    MomentsAccumulator accumulator = requireNonNull(moments, "no batch");
    List<Moments> learned = accumulator.finish();
    close();
    return learned;
  }

  private String note(GuardedEncoding guarded, int pieces) {
    List<String> notes = new ArrayList<>();
    if (!guarded.raised().isEmpty()) {
      notes.add("scale raised so that the int32 bias fits, in channels " + guarded.raised());
    }
    if (pieces > 1) {
      notes.add(
          "rows of %d weights were rounded in %d pieces; the loss is an upper bound"
              .formatted(layer.layout().k(), pieces));
    }
    return String.join("; ", notes);
  }

  private GuardedEncoding encoding(@Nullable Encoding input) {
    Encoding chosen =
        WeightRanges.encode(
            rows,
            layer.layout().out(),
            layer.layout().k(),
            plan.bits(),
            plan.granularity(),
            plan.symmetric(),
            plan.ranges());
    Tensor bias = layer.bias();
    return bias == null || input == null
        ? new GuardedEncoding(chosen, List.of())
        : WeightRanges.guardBias(chosen, bias.floats(), input.scale(0));
  }

  private @Nullable LayerSamples stored() {
    if (reservoir == null) {
      return null;
    }
    Tensor bias = layer.bias();
    return new LayerSamples(
        reservoir,
        layer.patches(),
        bias == null ? new float[layer.layout().out()] : bias.floats(),
        layer.activation() == Layer.ActivationFunction.RELU);
  }

  @Override
  public void close() {
    if (moments != null) {
      moments.close();
      moments = null;
    }
  }
}
