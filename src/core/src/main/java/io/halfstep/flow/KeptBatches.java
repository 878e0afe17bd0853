package io.halfstep.flow;

import io.halfstep.protocol.Item.Batch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The batches that a stage keeps, first in, first out: in memory within the run's {@link
 * MemoryBudget}, then in a {@link SpoolFile}. Must be called from one actor; other threads read and
 * write the files, in order.
 */
public final class KeptBatches implements AutoCloseable {
  private sealed interface Slot {}

  private record Kept(Batch batch) implements Slot {}

  private record Spooled(CompletableFuture<SpoolFile.Extent> extent, long bytes) implements Slot {}

  private final NodeResources node;
  private final ArrayDeque<Slot> slots = new ArrayDeque<>();
  private CompletableFuture<?> lastAccess = CompletableFuture.completedFuture(null);
  private @Nullable SpoolFile file;

  public KeptBatches(NodeResources node) {
    this.node = node;
  }

  /** Keeps a batch; completes when it is stored. */
  public CompletableFuture<?> put(Batch batch) {
    long bytes = batch.bytes();
    if (node.memory().reserve(bytes)) {
      slots.add(new Kept(batch));
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<SpoolFile.Extent> extent =
        lastAccess.thenApplyAsync(ignored -> spool().append(batch), node.io());
    node.memory().countSpooled(bytes);
    slots.add(new Spooled(extent, bytes));
    lastAccess = extent;
    return extent;
  }

  /** Removes and returns the oldest batch. */
  public CompletableFuture<Batch> take() {
    Slot slot = slots.removeFirst();
    if (slot instanceof Kept kept) {
      node.memory().release(kept.batch.bytes());
      return CompletableFuture.completedFuture(kept.batch);
    }
    Spooled spooled = (Spooled) slot;
    node.memory().countReadBack(spooled.bytes);
    boolean last = slots.stream().noneMatch(Spooled.class::isInstance);
    CompletableFuture<Batch> batch =
        lastAccess.thenApplyAsync(
            ignored -> {
              Batch read = spool().read(spooled.extent.join());
              if (last) {
                spool().clear();
              }
              return read;
            },
            node.io());
    lastAccess = batch.thenAccept(read -> {}); // a future that holds no batch
    return batch;
  }

  public boolean isEmpty() {
    return slots.isEmpty();
  }

  private synchronized SpoolFile spool() {
    try {
      if (file == null) {
        file = new SpoolFile(node.spoolDirectory());
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "can't create a spool file in " + node.spoolDirectory() + ": " + e.getMessage(), e);
    }
  }

  /** Releases the file and the memory budget, after the last access. */
  @Override
  public synchronized void close() {
    for (Slot slot : slots) {
      if (slot instanceof Kept kept) {
        node.memory().release(kept.batch.bytes());
      } else if (slot instanceof Spooled spooled) {
        node.memory().countReadBack(spooled.bytes);
      }
    }
    slots.clear();
    if (file != null) {
      file.close();
      file = null;
    }
  }

  /** Completes when no file access is in progress. */
  CompletableFuture<?> quiet() {
    return lastAccess;
  }
}
