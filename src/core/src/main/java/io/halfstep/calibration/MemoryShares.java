package io.halfstep.calibration;

import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.plan.Plan;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * A run's memory, shared out: all edges together have no more in flight than the budget of kept
 * batches, nor do all layers together store more samples that learn at the same time. (One batch is
 * always allowed on an edge, and some samples in each layer.)
 *
 * @param edgeCredit bytes in flight on one edge, at least 1
 * @param reservoirBytes bytes of samples stored in one layer whose solver works from samples
 */
record MemoryShares(long edgeCredit, long reservoirBytes) {
  private static final long LEAST_RESERVOIR = 16 << 20;

  static MemoryShares of(CalibrationRequest request, Wiring wiring) {
    long memory = request.memoryBytes();
    return new MemoryShares(
        Math.max(1, Math.min(request.edgeCredit(), memory / wiring.size())),
        Math.max(LEAST_RESERVOIR, memory / layersAtOnce(request)));
  }

  private static long layersAtOnce(CalibrationRequest request) {
    Plan plan = request.plan();
    Collection<Long> layersByLevel =
        request.graph().stages().stream()
            .filter(stage -> stage instanceof LayerStage && plan.layer(stage.name()).isPresent())
            .collect(Collectors.groupingBy(Stage::level, Collectors.counting()))
            .values();
    long all = layersByLevel.stream().mapToLong(n -> n).sum();
    long widest = layersByLevel.stream().mapToLong(n -> n).max().orElse(1);
    return Math.max(1, plan.schedule() == Plan.Schedule.PARALLEL ? all : widest);
  }
}
