package io.halfstep.layer;

import akka.actor.typed.ActorRef;
import io.halfstep.rounding.Rounder;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the stages of one run share.
 *
 * @param events where stages report to
 * @param workers a ForkJoinPool for computations: ONNX Runtime, statistics, solvers
 * @param io for reading and writing spool files
 * @param memory the budget of kept batches
 * @param spoolDirectory where batches beyond the budget go
 * @param edgeCredit bytes in flight on an edge
 * @param cancelled set once, when the run is to stop
 * @param closing completes as stages that have stopped let go of their native memory and files
 */
public record RunContext(
    ActorRef<RunEvent> events,
    Executor workers,
    Executor io,
    MemoryBudget memory,
    Path spoolDirectory,
    long edgeCredit,
    AtomicBoolean cancelled,
    ConcurrentLinkedQueue<CompletableFuture<Void>> closing) {

  Rounder.Control control(java.util.function.DoubleConsumer progress) {
    return new Rounder.Control() {
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
