package io.halfstep.intake;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Samples that wait to be written.
 *
 * @param bytes the size of their tensors
 */
record PendingAppend(
    List<byte[]> records, @Nullable Origin origin, long bytes, CompletableFuture<Appended> done) {

  /** The end of the queue. */
  static final PendingAppend LAST = new PendingAppend(List.of(), null, 0);

  PendingAppend(List<byte[]> records, @Nullable Origin origin, long bytes) {
    this(records, origin, bytes, new CompletableFuture<>());
  }
}
