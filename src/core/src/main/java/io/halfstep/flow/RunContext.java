package io.halfstep.flow;

import akka.actor.typed.ActorRef;
import io.halfstep.checkpoint.StateFolder;
import io.halfstep.protocol.RunEvent;
import io.halfstep.rounding.RoundingControl;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the stages of one run share.
 *
 * @param events where stages report to
 * @param workers a ForkJoinPool for computations: ONNX Runtime, statistics, solvers
 * @param io for reading and writing spool files
 * @param memory the budget of kept batches
 * @param spoolDirectory where batches beyond the budget go
 * @param edgeCredit bytes in flight on an edge, at least 1; one batch is always allowed
 * @param reservoirBytes how many bytes of samples a layer stores whose solver works from samples
 * @param cancelled set once, when the run is to stop
 * @param cleanup takes what stages that have stopped still hold
 * @param states where stages save their state; null where a run is not checkpointed
 */
public record RunContext(
    ActorRef<RunEvent> events,
    Executor workers,
    Executor io,
    MemoryBudget memory,
    Path spoolDirectory,
    long edgeCredit,
    long reservoirBytes,
    AtomicBoolean cancelled,
    Cleanup cleanup,
    @Nullable StateFolder states) {

  public RoundingControl control(DoubleConsumer progress) {
    return new RoundingControl() {
      @Override
      public boolean cancelled() {
        return cancelled.get();
      }

      @Override
      public void progress(double share) {
        progress.accept(share);
      }
    };
  }
}
