package io.halfstep.zoo;

import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.rounding.Effort;

/** Bits of weights and activations. */
public enum ZooSetting {
  W8A8(8, 8),
  W4A8(4, 8),
  W4(4, 0);

  private final int weights;
  private final int activations;

  ZooSetting(int weights, int activations) {
    this.weights = weights;
    this.activations = activations;
  }

  /** Everything else by default, with the fastest search. */
  PlanBuilder plan() {
    return Plan.DEFAULT.toBuilder()
        .weightBits(weights)
        .activationBits(activations)
        .effort(Effort.FAST);
  }
}
