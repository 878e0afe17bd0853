package io.halfstep.file;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.UnwritableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes a file atomically: at any moment, also after a crash, there is either the old file or the
 * new one.
 */
public final class AtomicFile {
  private static final AtomicLong WRITES = new AtomicLong();

  private AtomicFile() {}

  /**
   * Writes to a new file beside {@code target}, syncs it, and renames it.
   *
   * @throws InvalidInputException if it can't be written; an existing file is then unchanged
   */
  public static void write(Path target, byte[] content) {
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new InvalidInputException(
          target + ": cannot be written: it exists and is not a regular file");
    }
    try {
      Path real = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
      Path temporary =
          real.resolveSibling(
              ".%s.%d-%d.partial"
                  .formatted(
                      real.getFileName(), ProcessHandle.current().pid(), WRITES.incrementAndGet()));
      try {
        writeAndForce(temporary, content);
        Files.move(
            temporary, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
      forceFolder(real);
    } catch (IOException e) {
      throw new UnwritableException(target + ": cannot be written: " + reason(e), e);
    }
  }

  private static void writeAndForce(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  /** Syncs the renaming; skipped on systems that can't open a folder. */
  private static void forceFolder(Path file) {
    Path folder = file.getParent();
    if (folder == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows: a folder is not a file there, and renaming is journaled.
    }
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "its folder does not exist";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof AtomicMoveNotSupportedException) {
      return "its file system cannot rename in one step";
    }
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }
}
