package io.halfstep.layer;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.layer.Item.Batch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Batches on disk, written one after the other and read back by position. The file has no name once
 * it is open, where the system allows that: whatever ends the process, nothing is left behind.
 * Blocking; one caller at a time.
 */
final class SpoolFile implements AutoCloseable {
  record Extent(long position, int length) {}

  private final Path directory;
  private final FileChannel channel;
  private long end;

  SpoolFile(Path directory) throws IOException {
    this.directory = directory;
    Files.createDirectories(directory);
    Path file = Files.createTempFile(directory, "halfstep-", ".spool");
    channel =
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    try {
      Files.deleteIfExists(file);
    } catch (IOException windowsKeepsOpenFiles) {
      file.toFile().deleteOnExit();
    }
  }

  Extent append(Batch batch) {
    try {
      int size = Math.toIntExact(Math.min(batch.bytes() + 4096, 1 << 30));
      Output output = new Output(size, -1);
      WireKryo.write(output, batch);
      ByteBuffer bytes = ByteBuffer.wrap(output.getBuffer(), 0, output.position());
      Extent extent = new Extent(end, output.position());
      while (bytes.hasRemaining()) {
        end += channel.write(bytes, end);
      }
      return extent;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "spooling to "
              + directory
              + " failed: "
              + e.getMessage()
              + "; make room there, choose another folder with --spool-dir, or keep more in memory with --memory",
          e);
    }
  }

  Batch read(Extent extent) {
    try {
      ByteBuffer bytes = ByteBuffer.allocate(extent.length());
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, extent.position() + bytes.position()) < 0) {
          throw new IOException("ends before byte " + (extent.position() + extent.length()));
        }
      }
      return (Batch) WireKryo.read(new Input(bytes.array()));
    } catch (IOException e) {
      throw new UncheckedIOException("spool file in " + directory + ": " + e.getMessage(), e);
    }
  }

  /** Forgets all that was written. */
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
}
