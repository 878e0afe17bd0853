package io.halfstep.analysis;

import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import java.util.Collections;
import java.util.List;

/** Plans that quantize a part of what a plan quantizes. */
final class Parts {
  private static final LayerOverride EVERY_LAYER = LayerOverride.of("*");

  private Parts() {}

  /** Returns the plan with all activations in float. */
  static Plan weightsOnly(Plan plan) {
    return inFloat(plan).override(EVERY_LAYER.activationBits(0)).build();
  }

  /** Returns the plan with weights as fine as its target takes them in integers. */
  static Plan activationsOnly(Plan plan) {
    return plan.toBuilder()
        .override(EVERY_LAYER.weightBits(mostBits(plan)).granularity(Granularity.CHANNEL))
        .build();
  }

  /** Returns the most bits that the plan's target takes for weights. */
  static int mostBits(Plan plan) {
    return Collections.max(plan.target().weightBits());
  }

  /**
   * Returns the plan for the weight of a single layer. The layers before it are in float, so that
   * nothing is to be learned one after the other.
   */
  static Plan layerOnly(Plan plan, String layer) {
    return inFloat(plan)
        .embeddingBits(0)
        .schedule(Schedule.PARALLEL)
        .override(EVERY_LAYER.skip(true))
        .override(LayerOverride.of(layer).skip(false).activationBits(0))
        .build();
  }

  /** A target that refuses float activations is replaced; weights keep their settings. */
  private static PlanBuilder inFloat(Plan plan) {
    PlanBuilder builder =
        new Plan(plan.completed(), plan.overrides(), List.of())
            .toBuilder().quantize(Quantize.LAYERS).activationBits(0);
    return plan.target().activationBits().contains(0)
        ? builder
        : builder.target(Target.GENERIC_INT8);
  }
}
