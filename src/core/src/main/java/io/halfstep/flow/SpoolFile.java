package io.halfstep.flow;

import static java.util.Objects.requireNonNull;

import io.halfstep.protocol.Item.Batch;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Batches on disk, written one after another and read by position. Where the system allows it, the
 * file has no name once it is open, so nothing is left behind after a crash. Blocking; one caller
 * at a time.
 *
 * <p>Batches are written in chunks: writing a whole batch would take its size again on the heap,
 * and outside the heap for each thread that ever wrote one.
 */
final class SpoolFile implements AutoCloseable {
  private static final int CHUNK = 1 << 17;

  /** The position of a batch. */
  record Extent(long from, long to) {}

  private final Path directory;
  private final FileChannel channel;
  private long end;

  SpoolFile(Path directory) throws IOException {
    this(directory, open(directory));
  }

  /** Uses an open channel; the folder is for messages. */
  SpoolFile(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  private static FileChannel open(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = Files.createTempFile(directory, "halfstep-", ".spool");
    try {
      return FileChannel.open(
          file,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          StandardOpenOption.DELETE_ON_CLOSE);
    } finally {
      try {
        Files.deleteIfExists(file);
      } catch (IOException windowsKeepsOpenFiles) {
        file.toFile().deleteOnExit();
      }
    }
  }

  Extent append(Batch batch) {
    long from = end;
    try (WireWriter to = new WireWriter(new Appending(), CHUNK)) {
      to.object(batch);
    } catch (UncheckedIOException e) {
      end = from;
      throw failure("spooling to " + directory, e);
    }
    return new Extent(from, end);
  }

  Batch read(Extent extent) {
    try (WireReader from = new WireReader(new Reading(extent), CHUNK)) {
      return from.object(Batch.class);
    } catch (UncheckedIOException e) {
      throw failure("reading back from the spool file in " + directory, e);
    }
  }

  private static UncheckedIOException failure(String what, UncheckedIOException e) {
    IOException cause = requireNonNull(e.getCause());
    return new UncheckedIOException(what + " failed: " + cause.getMessage(), cause);
  }

  /** Drops all content. */
  void clear() {
    try {
      end = 0;
      channel.truncate(0);
    } catch (IOException e) {
      throw new UncheckedIOException("spool file in " + directory + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("spool file in " + directory + ": " + e.getMessage(), e);
    }
  }

  private final class Appending extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
      while (buffer.hasRemaining()) {
        end += channel.write(buffer, end);
      }
    }
  }

  private final class Reading extends InputStream {
    private final long to;
    private long position;

    Reading(Extent extent) {
      this.position = extent.from();
      this.to = extent.to();
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int wanted = (int) Math.min(length, to - position);
      if (wanted == 0) {
        return -1;
      }
      int count = channel.read(ByteBuffer.wrap(bytes, offset, wanted), position);
      if (count < 0) {
        throw new IOException("it ends at byte " + position + ", expected " + to);
      }
      position += count;
      return count;
    }
  }
}
