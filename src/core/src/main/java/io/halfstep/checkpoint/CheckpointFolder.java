package io.halfstep.checkpoint;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A file of a checkpoint: a header with the schema's version and the content's length and checksum,
 * then the content, which is streamed through in chunks both ways. Blocking.
 *
 * <pre>
 *   magic int32 | version int32 | length of the content int64 | CRC32C of the content int32 | content
 * </pre>
 */
public final class CheckpointFile {
  /** What a file holds, without its header. */
  public record Summary(long bytes, int checksum) {}

  public interface Writer {
    void write(Output to) throws IOException;
  }

  public interface Reader<T> {
    T read(Input from) throws IOException;
  }

  private static final int MAGIC = 0x48534350; // HSCP
  private static final int VERSION = 4;
  private static final int HEADER = 20;
  private static final int CHUNK = 1 << 16;

  private CheckpointFile() {}

  /** Writes a file and forces it to the disk; on failure nothing is left of it. */
  static Summary write(Path file, Writer content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      channel.position(HEADER);
      Summing summing = new Summing(channel);
      try (Output output = new Output(summing, CHUNK)) {
        content.write(output);
      }
      Summary summary = new Summary(summing.bytes, (int) summing.checksum.getValue());
      ByteBuffer header = ByteBuffer.allocate(HEADER).putInt(MAGIC).putInt(VERSION);
      header.putLong(summary.bytes).putInt(summary.checksum).flip();
      for (long at = 0; header.hasRemaining(); ) {
        at += channel.write(header, at);
      }
      channel.force(true);
      return summary;
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      if (e instanceof KryoException && e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /**
   * Reads the header, and the content to its end.
   *
   * @throws IOException with one line that names the file, if it is not what was written
   */
  public static Summary verify(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      ByteBuffer header = ByteBuffer.wrap(in.readNBytes(HEADER));
      if (header.remaining() < HEADER) {
        throw damaged(file, header.remaining() + " bytes", "a header of " + HEADER);
      }
      int magic = header.getInt();
      if (magic != MAGIC) {
        throw damaged(
            file, "a file that begins with %08x".formatted(magic), "%08x".formatted(MAGIC));
      }
      int version = header.getInt();
      if (version != VERSION) {
        throw damaged(file, "schema version " + version, "version " + VERSION);
      }
      Summary expected = new Summary(header.getLong(), header.getInt());
      CRC32C crc = new CRC32C();
      byte[] chunk = new byte[CHUNK];
      long bytes = 0;
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        crc.update(chunk, 0, n);
        bytes += n;
      }
      if (bytes != expected.bytes) {
        throw damaged(file, bytes + " bytes of content", Long.toString(expected.bytes));
      }
      if ((int) crc.getValue() != expected.checksum) {
        throw damaged(
            file,
            "checksum %08x".formatted((int) crc.getValue()),
            "%08x".formatted(expected.checksum));
      }
      return expected;
    } catch (NoSuchFileException e) {
      throw damaged(file, "no such file", "one that the checkpoint names");
    }
  }

  private static IOException damaged(Path file, String found, String expected) {
    return new IOException("%s: found %s, expected %s".formatted(file, found, expected));
  }

  /** Reads the content of a file that has been verified. */
  public static <T> T read(Path file, Reader<T> reader) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(HEADER);
      return reader.read(new Input(in, CHUNK));
    } catch (KryoException | IndexOutOfBoundsException | ClassCastException e) {
      throw new IOException(file + ": can't be read: " + e.getMessage(), e);
    }
  }

  private static final class Summing extends OutputStream {
    private final FileChannel channel;
    private final CRC32C checksum = new CRC32C();
    private long bytes;

    Summing(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] content, int offset, int length) throws IOException {
      checksum.update(content, offset, length);
      bytes += length;
      ByteBuffer buffer = ByteBuffer.wrap(content, offset, length);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
  }
}
