package io.halfstep.service;

import io.halfstep.failure.InvalidInputException;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder that holds all of a service's state, held by one process at a time.
 *
 * <pre>
 *   lock                    the process that holds it
 *   journal.mv.db           the embedded journal
 *   jobs/ID/                one job, see {@link JobFolder}
 * </pre>
 */
final class StateDirectory implements Closeable {
  private final Path root;
  private final FileChannel channel;
  private final FileLock lock;

  private StateDirectory(Path root, FileChannel channel, FileLock lock) {
    this.root = root;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Takes hold of the folder, and makes it if it is not there.
   *
   * @throws InvalidInputException if another process holds it, or it can't be written to
   */
  static StateDirectory open(Path root) {
    @Nullable FileChannel channel = null;
    try {
      Files.createDirectories(root.resolve("jobs"));
      channel =
          FileChannel.open(
              root.resolve("lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        String holder = Files.readString(root.resolve("lock")).strip();
        channel.close();
        throw new InvalidInputException(
            "%s: held by another halfstep (process %s); stop it or choose another folder with --state"
                .formatted(root, holder.isEmpty() ? "unknown" : holder));
      }
      channel.truncate(0);
      byte[] holder =
          Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
      channel.write(java.nio.ByteBuffer.wrap(holder));
      return new StateDirectory(root, channel, lock);
    } catch (IOException e) {
      throw new InvalidInputException(
          root + ": cannot be used to keep state: " + e + "; choose another with --state", e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) { // by this very process
      return null;
    }
  }

  Path root() {
    return root;
  }

  JobFolder job(String id) {
    return new JobFolder(root.resolve("jobs").resolve(id));
  }

  /** Removes what no known job owns: left by a kill amid a submission or a deletion. */
  void sweep(Set<String> known) throws IOException {
    List<Path> folders;
    try (Stream<Path> jobs = Files.list(root.resolve("jobs"))) {
      folders = jobs.filter(job -> !known.contains(job.getFileName().toString())).toList();
    }
    for (Path folder : folders) {
      delete(folder);
    }
  }

  /** Deletes a folder and all in it; nothing where it is not there. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      all.sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.deleteIfExists(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }
}
