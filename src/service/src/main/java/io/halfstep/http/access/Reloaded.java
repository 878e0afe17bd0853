package io.halfstep.http.access;

import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What small files say. Whoever asks gets the current content: the files are compared with what was
 * read last, once a second at most. While they are invalid, the last valid content stays, and the
 * log says why.
 */
final class Reloaded<T> implements Supplier<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Reloaded.class);
  private static final long LOOK_EVERY = TimeUnit.SECONDS.toNanos(1);

  private final List<Path> files;
  private final Supplier<T> reading;
  private final LongSupplier nanos;
  private final AtomicLong nextLook;
  private List<ByteBuffer> seen;
  private String complaint = "";
  private volatile T current;

  /**
   * Reads the files.
   *
   * @param reading makes the content
   * @throws InvalidInputException if they are invalid now
   */
  Reloaded(List<Path> files, Supplier<T> reading) {
    this(files, reading, System::nanoTime);
  }

  Reloaded(List<Path> files, Supplier<T> reading, LongSupplier nanos) {
    this.files = files;
    this.reading = reading;
    this.nanos = nanos;
    this.nextLook = new AtomicLong(nanos.getAsLong() + LOOK_EVERY);
    this.seen = bytes(); // before they are read: a change in between is read again
    this.current = reading.get();
  }

  @Override
  public T get() {
    long due = nextLook.get();
    long now = nanos.getAsLong();
    if (now - due >= 0 && nextLook.compareAndSet(due, now + LOOK_EVERY)) {
      look();
    }
    return current;
  }

  private synchronized void look() {
    try {
      List<ByteBuffer> found = bytes();
      if (!found.equals(seen)) {
        current = reading.get();
        seen = found;
        LOG.info("{}: changed, and read again", files.get(0));
      }
      complaint = "";
    } catch (InvalidInputException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.equals(complaint)) {
        LOG.warn("{}; what was read before stays in force", message);
      }
      complaint = message;
    }
  }

  private List<ByteBuffer> bytes() {
    List<ByteBuffer> bytes = new ArrayList<>();
    for (Path file : files) {
      try {
        bytes.add(ByteBuffer.wrap(Files.readAllBytes(file)));
      } catch (IOException e) {
        throw new InvalidInputException("%s: can't be read: %s".formatted(file, e), e);
      }
    }
    return bytes;
  }
}
