package io.halfstep.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native memory and the files of stages that have stopped, to be let go of when nothing can
 * touch them any more.
 *
 * <p>That is later than the end of each stage's work: of a parallel computation that failed, parts
 * may still be running when its failure is already known.
 */
public final class Cleanup {
  private static final Logger LOG = LoggerFactory.getLogger(Cleanup.class);
  private static final int PATIENCE_SECONDS = 60;

  private record Remains(CompletableFuture<?> lastWork, List<? extends AutoCloseable> resources) {}

  private final ConcurrentLinkedQueue<Remains> remains = new ConcurrentLinkedQueue<>();

  /**
   * A stage has stopped.
   *
   * @param lastWork complete, well or badly, when what it had begun is over
   * @param resources closed after that
   */
  void add(CompletableFuture<?> lastWork, List<? extends AutoCloseable> resources) {
    remains.add(new Remains(lastWork, resources));
  }

  /**
   * Closes everything once the stages' work has come to its end.
   *
   * @param workers who did the work
   * @param executor where to wait for them
   * @return complete when all is closed
   */
  public CompletableFuture<Void> run(ForkJoinPool workers, Executor executor) {
    List<Remains> all = new ArrayList<>();
    for (Remains r = remains.poll(); r != null; r = remains.poll()) {
      all.add(r);
    }
    return CompletableFuture.allOf(
            all.stream().map(Remains::lastWork).toArray(CompletableFuture<?>[]::new))
        .handleAsync(
            (done, failure) -> {
              if (workers.awaitQuiescence(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                all.forEach(r -> r.resources().forEach(Cleanup::close));
              } else {
                LOG.warn("work does not end; its memory is not given back");
              }
              return (Void) null;
            },
            executor);
  }

  private static void close(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      LOG.warn("closing {}: {}", resource, e.toString());
    }
  }
}
