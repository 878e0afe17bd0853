package io.halfstep.calibration;

import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.RunSettings;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * Divides the memory of a run.
 *
 * <p>All edges together have at most the budget of kept batches in flight. (One batch is always
 * allowed on an edge.)
 *
 * <p>Stored samples have a separate budget, which depends only on the network and the plan: solvers
 * that work from samples must find the same integers for any memory.
 */
final class MemoryShares {
  /** The bytes for all layers that learn at the same time. */
  private static final long RESERVOIRS = 128 << 20;

  private static final long LEAST_RESERVOIR = 16 << 20;

  private MemoryShares() {}

  static RunSettings of(CalibrationRequest request, Wiring wiring) {
    return new RunSettings(
        Math.max(1, Math.min(request.edgeCredit(), request.memoryBytes() / wiring.size())),
        Math.max(LEAST_RESERVOIR, RESERVOIRS / layersAtOnce(request)));
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
