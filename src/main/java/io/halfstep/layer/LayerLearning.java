package io.halfstep.layer;

import static java.util.Objects.requireNonNull;

import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerPlan;
import io.halfstep.quantizer.Encoding;
import io.halfstep.ranges.GuardedEncoding;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.tensor.Tensor;
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
  private @Nullable MomentsAccumulator moments;

  LayerLearning(Layer layer, LayerPlan plan, long seed) {
    this.layer = layer;
    this.plan = plan;
    this.seed = seed;
    this.rows = layer.layout().toRows(layer.weight().floats());
  }

  /** Takes in a batch of the layer's input; what it needs for that it takes with the first. */
  void collect(Activation input) {
    if (moments == null) {
      moments =
          new MomentsAccumulator(layer.patches(), rows, layer.layout().out(), !input.isShared());
    }
    moments.add(input.teacher(), input.student());
  }

  /**
   * Sets the weight's ranges and rounds it.
   *
   * @param input the encoding of the layer's input, or null where it stays in float
   */
  RunEvent.Rounded round(@Nullable Encoding input, Rounder.Control control) {
    long start = System.nanoTime();
    int out = layer.layout().out();
    int k = layer.layout().k();
    Encoding encoding =
        WeightRanges.encode(
            rows, out, k, plan.bits(), plan.granularity(), plan.symmetric(), plan.ranges());
    String note = "";
    Tensor bias = layer.bias();
    if (bias != null && input != null) {
      GuardedEncoding guarded = WeightRanges.guardBias(encoding, bias.floats(), input.scale(0));
      encoding = guarded.encoding();
      if (!guarded.raised().isEmpty()) {
        note = "scale raised so that the int32 bias fits, in channels " + guarded.raised();
      }
    }
    RoundingProblem problem =
        new RoundingProblem(
            rows, out, k, encoding, requireNonNull(moments, "no batch").finish(), seed);
    RoundingSolution solution = Rounder.of(plan.rounding()).solve(problem, control);
    return new RunEvent.Rounded(
        layer.name(),
        solution.weight(),
        plan.rounding().label(),
        solution.loss(),
        solution.nearestLoss(),
        solution.flips(),
        (System.nanoTime() - start) / 1e9,
        note);
  }

  @Override
  public void close() {
    if (moments != null) {
      moments.close();
    }
  }
}
