package io.halfstep.checkpoint;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a run has left of its statistics so far, so that the run over the next part of the stream
 * can follow it, layer by layer, before it has ended.
 */
public final class LeftStatistics {
  private final Map<String, CompletableFuture<Void>> byName = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  /** Completes when statistics are left or the run has ended; fails if the run fails. */
  CompletableFuture<?> of(String name) {
    return CompletableFuture.anyOf(left(name), end);
  }

  void add(String name) {
    left(name).complete(null);
  }

  /** The run has left all, also what an earlier process left before this one resumed. */
  public void complete() {
    end.complete(null);
  }

  /** The run has failed, and what it has left counts no longer. */
  public void fail(Throwable cause) {
    end.completeExceptionally(cause);
  }

  private CompletableFuture<Void> left(String name) {
    return byName.computeIfAbsent(name, first -> new CompletableFuture<>());
  }
}
