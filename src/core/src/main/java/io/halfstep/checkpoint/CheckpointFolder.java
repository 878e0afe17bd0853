package io.halfstep.checkpoint;

import static java.util.Objects.requireNonNull;

import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints in a folder, one file for each content: a header with the schema's version and the
 * content's length and checksum, then the content.
 *
 * <pre>
 *   magic int32 | version int32 | length of the content int64 | CRC32C of the content int32 | content
 * </pre>
 */
public final class CheckpointFolder implements CheckpointStore {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolder.class);
  private static final Pattern OURS =
      Pattern.compile("\\d{8,18}(-.+\\.(state|rounded)|\\.checkpoint(\\.tmp)?)");
  private static final int MAGIC = 0x48534350; // HSCP
  private static final int VERSION = 10;
  private static final int HEADER = 20;
  private static final int CHUNK = 1 << 16;

  private final Path folder;

  public CheckpointFolder(Path folder) {
    this.folder = folder;
  }

  @Override
  public void open() throws IOException {
    Files.createDirectories(folder);
  }

  @Override
  public Summary write(String name, Writer content) throws IOException {
    return write(folder.resolve(name), content);
  }

  @Override
  public void publish(String name, Writer content) throws IOException {
    Path file = folder.resolve(name);
    Path unfinished = folder.resolve(name + ".tmp");
    write(unfinished, content);
    try {
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel entries =
          FileChannel.open(folder.toAbsolutePath(), StandardOpenOption.READ)) {
        entries.force(true);
      }
    } catch (IOException e) {
      Files.deleteIfExists(unfinished);
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private static Summary write(Path file, Writer content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      channel.position(HEADER);
      Summing summing = new Summing(channel);
      try (WireWriter to = new WireWriter(summing, CHUNK)) {
        content.write(to);
      }
      Summary summary = new Summary(summing.bytes, (int) summing.checksum.getValue());
      ByteBuffer header = ByteBuffer.allocate(HEADER).putInt(MAGIC).putInt(VERSION);
      header.putLong(summary.bytes()).putInt(summary.checksum()).flip();
      for (long at = 0; header.hasRemaining(); ) {
        at += channel.write(header, at);
      }
      channel.force(true);
      return summary;
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      if (e instanceof UncheckedIOException stream) {
        throw requireNonNull(stream.getCause());
      }
      throw e;
    }
  }

  @Override
  public Summary verify(String name) throws IOException {
    Path file = folder.resolve(name);
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
      if (bytes != expected.bytes()) {
        throw damaged(file, bytes + " bytes of content", Long.toString(expected.bytes()));
      }
      if ((int) crc.getValue() != expected.checksum()) {
        throw damaged(
            file,
            "checksum %08x".formatted((int) crc.getValue()),
            "%08x".formatted(expected.checksum()));
      }
      return expected;
    } catch (NoSuchFileException e) {
      throw damaged(file, "no such file", "one that the checkpoint names");
    }
  }

  private static IOException damaged(Path file, String found, String expected) {
    return new IOException("%s: found %s, expected %s".formatted(file, found, expected));
  }

  @Override
  public <T> T read(String name, Reader<T> reader) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(HEADER);
      return reader.read(new WireReader(in, CHUNK));
    } catch (UncheckedIOException
        | IllegalArgumentException
        | ArithmeticException
        | IndexOutOfBoundsException
        | ClassCastException e) {
      throw new IOException(file + ": can't be read: " + e.getMessage(), e);
    }
  }

  /** Lists only files with a checkpoint's name: other files in the folder are ignored. */
  @Override
  public List<String> names() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(f -> f.getFileName().toString())
          .filter(name -> OURS.matcher(name).matches())
          .toList();
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(folder.resolve(name));
  }

  @Override
  public long bytes() throws IOException {
    long bytes = 0;
    for (String name : names()) {
      try {
        bytes += Files.size(folder.resolve(name));
      } catch (NoSuchFileException e) { // a run deletes old ones
        LOG.debug("gone", e);
      }
    }
    return bytes;
  }

  @Override
  public String locate(String name) {
    return folder.resolve(name).toString();
  }

  @Override
  public String toString() {
    return folder.toString();
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
