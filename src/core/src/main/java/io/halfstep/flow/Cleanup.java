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
 * Releases the native memory and the files of stopped stages when nothing uses them any more.
 *
 * <p>That may be after the end of each stage's work: when a parallel computation has failed, parts
 * of it may still be running.
 */
public final class Cleanup {
  private static final Logger LOG = LoggerFactory.getLogger(Cleanup.class);
  private static final int PATIENCE_SECONDS = 60;

  private record Remains(CompletableFuture<?> lastWork, List<? extends AutoCloseable> resources) {}

  private final ConcurrentLinkedQueue<Remains> remains = new ConcurrentLinkedQueue<>();

  /**
   * Adds a stopped stage.
   *
   * @param lastWork completes when its work has ended, successfully or not
   * @param resources closed after that
   */
  void add(CompletableFuture<?> lastWork, List<? extends AutoCloseable> resources) {
    remains.add(new Remains(lastWork, resources));
  }

  /**
   * Closes everything once the stages' work has ended.
   *
   * @param workers the threads that do the work
   * @param executor waits for them
   * @return completes when everything is closed
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
                LOG.warn("work does not end; its memory is not released");
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
