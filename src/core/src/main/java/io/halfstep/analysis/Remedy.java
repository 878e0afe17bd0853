package io.halfstep.analysis;

import io.halfstep.plan.Plan;
import io.halfstep.plan.Setting;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A change of a plan that may lower the loss.
 *
 * @param name the change in words, as options where it is one
 * @param setting that it changes; of two remedies with the same, one is enough
 * @param layers whose settings it changes; empty if those of all
 * @param free whether the model is hardly larger or slower by it
 * @param change returns the changed plan
 */
record Remedy(
    String name,
    Setting<?> setting,
    List<String> layers,
    boolean free,
    UnaryOperator<Plan> change) {}
