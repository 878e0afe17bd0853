package io.halfstep.intake;

import akka.NotUsed;
import akka.actor.ActorSystem;
import akka.japi.Pair;
import akka.stream.javadsl.Source;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.file.Sha256;
import io.halfstep.source.RawSample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A job's samples, numbered from 0 in the order in which they were taken, and durable before they
 * are acknowledged. Samples with an {@link Origin} are stored once, however often they are sent.
 * Thread-safe.
 */
public final class SampleLog implements Appender, AutoCloseable {
  /*
   * Invariants.
   * 1. One thread writes samples. It writes the waiting appends together, up to GROUP_BYTES: many
   *    appends share one wait for the disk.
   * 2. A write is atomic, and holds the samples together with their producers' next positions.
   * 3. `size` follows the disk: it grows only after a write is durable. Nothing beyond it is read.
   * 4. Numbers before `first` are trimmed, or will be; nothing below it is read.
   * 5. After a failed write it is unknown whether that one is on the disk; `size` is read anew.
   */

  /** The default of the free disk space that is not used. */
  public static final long DEFAULT_RESERVE = 64L << 20;

  /**
   * An upper bound of the disk space in bytes beyond that of the samples since {@link #first}: the
   * write-ahead log, and files with samples that are trimmed but not deleted yet.
   */
  public static final long OVERHEAD = 64 << 20;

  private static final long GROUP_BYTES = 4 << 20;
  private static final long CHUNK_BYTES = 1 << 20;

  /** An upper bound of the bytes written when the store is reopened. */
  private static final long RECOVERY_ROOM = 40 << 20;

  private static final String READER = "akka.actor.default-blocking-io-dispatcher";

  private final Path folder;
  private final SampleStore store;
  private final long queueBytes;
  private final BlockingQueue<PendingAppend> queue = new LinkedBlockingQueue<>();
  private final AtomicLong waiting = new AtomicLong();
  private final Queue<Awaited> awaiting = new ConcurrentLinkedQueue<>();
  private final Thread writer;

  private boolean closed; // guarded by queue
  private volatile long limit = Long.MAX_VALUE;
  private volatile long reserve = DEFAULT_RESERVE;
  private volatile boolean room = true;
  private volatile long first;
  private volatile long size;
  private volatile CompletableFuture<Void> growth = new CompletableFuture<>();

  private record Awaited(long samples, CompletableFuture<Void> reached) {}

  private SampleLog(Path folder, SampleStore store, long queueBytes) {
    this.folder = folder;
    this.store = store;
    this.queueBytes = queueBytes;
    this.first = store.first();
    this.size = store.size();
    this.writer = new Thread(this::write, "sample-log");
    writer.setDaemon(true);
  }

  /**
   * Opens the log in a folder, which is created if it is missing.
   *
   * @param queueBytes how many bytes of samples may wait to be written
   * @throws InvalidInputException if the log is damaged, or in use by another process
   * @throws java.io.UncheckedIOException if the folder can't be read or written
   */
  public static SampleLog open(Path folder, long queueBytes) {
    SampleStore store = SampleStore.open(folder);
    try {
      SampleLog log = new SampleLog(folder, store, queueBytes);
      log.writer.start();
      return log;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** Sets the largest number of samples; further samples are acknowledged, but not taken. */
  public void limit(long samples) {
    limit = samples;
  }

  /** Returns the largest number of samples. */
  public long limit() {
    return limit;
  }

  /** Sets the free disk space that is not used, in bytes. */
  public void reserve(long bytes) {
    reserve = bytes;
  }

  /**
   * Returns whether the disk had room when it was last checked; if not, appends fail with {@link
   * StorageFullException}.
   */
  public boolean hasRoom() {
    return room;
  }

  /** Looks whether the disk has room; blocks. */
  public boolean lookForRoom() {
    try {
      room = store.room() > (store.failed() ? Math.max(reserve, RECOVERY_ROOM) : reserve);
    } catch (UncheckedIOException e) {
      room = false;
    }
    return room;
  }

  /**
   * Appends samples, all or none.
   *
   * @return completes when they are durable, on the writing thread: callbacks must be short. Fails
   *     with {@link OverloadedException} at once if too much waits already, with {@link
   *     StorageFullException} if the disk is full, with {@link InvalidInputException} if samples of
   *     the producer are missing before these, with {@link UncheckedIOException} if the disk fails,
   *     with {@link IllegalStateException} if the log is closed. After a failure none is stored,
   *     except that after a failing disk this is unknown.
   */
  @Override
  public CompletionStage<Appended> append(List<RawSample> samples, @Nullable Origin origin) {
    long bytes = samples.stream().mapToLong(RawSample::bytes).sum();
    long before = waiting.getAndAdd(bytes);
    if (before > 0 && before + bytes > queueBytes) {
      waiting.addAndGet(-bytes);
      return CompletableFuture.failedFuture(
          new OverloadedException(
              "%d bytes of samples wait to be stored, at most %d may; send these %d again later"
                  .formatted(before, queueBytes, bytes)));
    }
    PendingAppend append =
        new PendingAppend(samples.stream().map(SampleRecord::encode).toList(), origin, bytes);
    synchronized (queue) {
      if (closed) {
        append.done().completeExceptionally(closed());
      } else {
        queue.add(append);
      }
    }
    return append.done();
  }

  private IllegalStateException closed() {
    return new IllegalStateException(folder + ": the log of samples is closed");
  }

  /** Returns the number of samples that have become durable, including trimmed ones. */
  public long size() {
    return size;
  }

  /** Returns the number of the first sample that is not trimmed. */
  public long first() {
    return first;
  }

  /**
   * Trims the samples before number {@code to}: they can't be read any more, and their disk space
   * is freed, except for {@link #OVERHEAD}. Numbers keep their meaning, and producers their
   * positions. Blocks.
   *
   * @throws IllegalArgumentException if there are fewer samples
   * @throws StorageFullException if the disk is full
   * @throws UncheckedIOException if it fails otherwise; a later call frees the space
   */
  public void trim(long to) {
    if (to > size) {
      throw new IllegalArgumentException(
          "trimming before number %d, expected at most %d, the number of samples"
              .formatted(to, size));
    }
    if (to >= first) {
      store.trim(to);
      first = to;
    }
  }

  /** Completes when the log has the given number of samples. */
  public CompletionStage<Void> reached(long samples) {
    Awaited awaited = new Awaited(samples, new CompletableFuture<>());
    awaiting.add(awaited);
    tellReached();
    return awaited.reached();
  }

  private void tellReached() {
    awaiting.removeIf(awaited -> size >= awaited.samples() && awaited.reached().complete(null));
  }

  /** Returns the bytes of samples that wait to be written. */
  public long waitingBytes() {
    return waiting.get();
  }

  /** Returns the next position expected of a producer; empty if it has sent nothing. */
  @Override
  public OptionalLong position(String producer) {
    return store.position(producer);
  }

  /** Returns the size on disk in bytes. */
  public long bytes() {
    return store.bytes();
  }

  private void write() {
    List<PendingAppend> group = new ArrayList<>();
    while (true) {
      try {
        PendingAppend first = queue.take();
        group.clear();
        long bytes = 0;
        for (PendingAppend next = first; next != null; next = queue.poll()) {
          if (next.equals(PendingAppend.LAST)) {
            commit(group);
            return;
          }
          group.add(next);
          bytes += next.bytes();
          if (bytes >= GROUP_BYTES) {
            break;
          }
        }
        commit(group);
      } catch (InterruptedException e) {
        throw new IllegalStateException("nobody interrupts this thread", e);
      }
    }
  }

  private void commit(List<PendingAppend> group) {
    try {
      GroupCommit commit = attempt(group);
      grow(commit.size());
      waiting.addAndGet(-bytes(group));
      commit.acknowledge();
    } catch (RuntimeException | Error e) { // the thread must go on
      waiting.addAndGet(-bytes(group));
      GroupCommit.fail(group, e);
    }
  }

  private GroupCommit attempt(List<PendingAppend> group) {
    try {
      return write(group);
    } catch (StorageFullException e) {
      if (!store.failed()) {
        throw e;
      }
      // The store repeats the failure of an earlier write; the disk may have room again.
      return write(group);
    }
  }

  private GroupCommit write(List<PendingAppend> group) {
    recover();
    GroupCommit commit = new GroupCommit(store, limit);
    commit.plan(size, group);
    if (!commit.isEmpty()) {
      requireRoom(commit.bytes(), reserve);
      commit.write();
    }
    return commit;
  }

  private static long bytes(List<PendingAppend> group) {
    return group.stream().mapToLong(PendingAppend::bytes).sum();
  }

  private void recover() {
    if (store.failed()) {
      requireRoom(0, Math.max(reserve, RECOVERY_ROOM));
      store.recover();
      grow(store.size());
    }
  }

  private void requireRoom(long bytes, long spare) {
    long room = store.room();
    if (room - bytes < spare) {
      throw new StorageFullException(
          "no room for samples: %d bytes are free on the disk, expected %d to spare"
                  .formatted(room, spare)
              + " (intake.reserve-bytes)");
    }
  }

  private void grow(long to) {
    if (to > size) {
      size = to; // before the next growth exists: whoever sees that sees this size
      CompletableFuture<Void> grown = growth;
      growth = new CompletableFuture<>();
      grown.complete(null);
      tellReached();
    }
  }

  /** Returns the samples {@code [from, end)}, of an end that may be anywhere. */
  public Source<RawSample, NotUsed> read(long from, CompletionStage<Long> end) {
    return read(from, size -> size, end);
  }

  /**
   * Returns the samples {@code [from, end)}, including those still to come. Each materialization
   * reads separately, on the dispatcher for blocking work, and fails with {@link
   * InvalidInputException} if the log is damaged, or the samples are trimmed.
   *
   * @param readable how much of a log of a size may be read before the end is known
   * @param end completes when the end is known; its failure fails the stream
   */
  public Source<RawSample, NotUsed> read(
      long from, LongUnaryOperator readable, CompletionStage<Long> end) {
    CompletableFuture<Long> known = end.toCompletableFuture();
    return Source.fromMaterializer(
            (materializer, attributes) -> {
              ActorSystem system = materializer.system();
              Executor reader = system.dispatchers().lookup(READER);
              return Source.unfoldAsync(
                  from,
                  at ->
                      until(at, readable, known).thenApplyAsync(until -> chunk(at, until), reader));
            })
        .mapConcat(samples -> samples)
        .mapMaterializedValue(ignored -> NotUsed.getInstance());
  }

  /**
   * Completes with the readable size of the log, once it is greater than {@code at} or is the end.
   */
  private CompletionStage<Long> until(
      long at, LongUnaryOperator readable, CompletableFuture<Long> end) {
    CompletableFuture<Void> grown = growth;
    if (end.isDone()) {
      long last = end.join();
      if (last <= at || size > at) {
        return CompletableFuture.completedFuture(Math.min(last, size));
      }
      return grown.thenCompose(ignored -> until(at, readable, end));
    }
    long until = readable.applyAsLong(size);
    return until > at
        ? CompletableFuture.completedFuture(until)
        : CompletableFuture.anyOf(grown, end).thenCompose(ignored -> until(at, readable, end));
  }

  /**
   * Returns the SHA-256 checksum of the samples {@code [from, end)} as they are stored; blocks.
   *
   * @throws InvalidInputException if the log is damaged
   */
  public String checksum(long from, long end) {
    try {
      return Sha256.of(
          to -> {
            for (long at = from; at < end; ) {
              List<byte[]> records = store.records(at, end, CHUNK_BYTES);
              for (byte[] each : records) {
                to.write(each);
              }
              at += records.size();
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e); // of memory alone
    }
  }

  private Optional<Pair<Long, List<RawSample>>> chunk(long at, long until) {
    if (until <= at) {
      return Optional.empty();
    }
    if (at < first) {
      throw new InvalidInputException(
          "%s: sample %d is trimmed, expected %d or more".formatted(folder, at, first));
    }
    List<RawSample> samples = store.read(at, until, CHUNK_BYTES);
    return Optional.of(Pair.create(at + samples.size(), samples));
  }

  /** Writes the waiting appends and closes the log. Streams that read it fail. */
  @Override
  public void close() {
    synchronized (queue) {
      if (!closed) {
        closed = true;
        queue.add(PendingAppend.LAST);
      }
    }
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    store.close();
    growth.completeExceptionally(closed());
  }
}
