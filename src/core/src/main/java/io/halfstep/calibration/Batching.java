package io.halfstep.calibration;

import io.halfstep.graph.Inspection;
import io.halfstep.graph.StageGraph;
import org.jspecify.annotations.Nullable;

/** How many samples go into a batch. */
public final class Batching {
  private static final int LARGEST_BATCH = 32;
  private static final long LARGEST_ACTIVATION_BYTES = 16 << 20;

  private Batching() {}

  /**
   * The batch size for a network: what is asked for, else as many samples, up to 32, as keep the
   * largest activation of a batch within 16 MB, where its size is known.
   */
  public static int of(StageGraph graph, @Nullable Integer asked) {
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
}
