package io.halfstep.inspection;

import io.halfstep.graph.Inspection;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.stage.DynamicInput;
import org.jspecify.annotations.Nullable;

/** Chooses the batch size. */
public final class Batching {
  private static final int LARGEST_BATCH = 32;
  private static final long LARGEST_ACTIVATION_BYTES = 16 << 20;

  private Batching() {}

  /**
   * Returns the requested batch size, or else the largest one up to 32 for which the batch's
   * largest activation, if its size is known, takes at most 16 MB; but 1 if a layer has a dynamic
   * input: each sample is then to have a range of its own.
   */
  public static int of(StageGraph graph, Plan plan, @Nullable Integer asked) {
    if (graph.layers().stream().anyMatch(layer -> isDynamic(layer, plan))) {
      return 1;
    }
    if (asked != null) {
      return asked;
    }
    long largest =
        Inspection.of(graph).stream()
            .map(Inspection::outputShape)
            .filter(shape -> shape.stream().allMatch(dim -> dim > 0))
            .mapToLong(shape -> shape.stream().reduce(1L, (a, b) -> a * b) * Float.BYTES)
            .max()
            .orElse(1);
    return (int) Math.max(1, Math.min(LARGEST_BATCH, LARGEST_ACTIVATION_BYTES / largest));
  }

  private static boolean isDynamic(Layer layer, Plan plan) {
    return plan.layer(layer.name()).filter(how -> DynamicInput.isOf(layer, how)).isPresent();
  }
}
