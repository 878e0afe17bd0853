package io.halfstep.service.state;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.file.AtomicFile;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder with all of a service's state, locked by one process at a time.
 *
 * <pre>
 *   lock                    locked by the process that uses the folder
 *   id                      the id of the state directory, also in its journal
 *   journal.mv.db           the embedded journal
 *   jobs/ID/                one job, see {@link JobFolder}
 *   quarantine/             contents of jobs/ that belong to no job
 * </pre>
 */
public final class StateDirectory implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(StateDirectory.class);
  private static final String SUBMITTED = ".submitted-";
  private static final String DELETED = ".deleted-";
  private static final String UNCONFIRMED = ".unconfirmed";

  private final Path root;
  private final FileChannel channel;
  private final FileLock lock;

  private StateDirectory(Path root, FileChannel channel, FileLock lock) {
    this.root = root;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Locks the folder, and creates it if it does not exist.
   *
   * @throws InvalidInputException if another process has locked it, or it is not writable
   */
  public static StateDirectory open(Path root) {
    @Nullable FileChannel channel = null;
    try {
      Path parent = root.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      OwnerOnly.createFolders(root.resolve("jobs"));
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
    } catch (OverlappingFileLockException e) { // locked by this process
      return null;
    }
  }

  public Path root() {
    return root;
  }

  /** Returns the id of the state directory; null if it has none yet. */
  public @Nullable String id() throws IOException {
    Path file = root.resolve("id");
    return Files.exists(file) ? Files.readString(file).strip() : null;
  }

  /** Stores the id. */
  public void id(String id) {
    AtomicFile.write(root.resolve("id"), (id + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  public JobFolder job(String id) {
    return new JobFolder(root.resolve("jobs").resolve(id));
  }

  /** Returns the ids of the jobs that have a folder. */
  public Set<String> jobs() throws IOException {
    return folders().stream()
        .map(folder -> folder.getFileName().toString())
        .filter(name -> !name.startsWith("."))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Set<Path> folders() throws IOException {
    try (Stream<Path> all = Files.list(root.resolve("jobs"))) {
      return all.filter(Files::isDirectory).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** Creates a folder for a submission; the next start removes it if it is not submitted. */
  public Path stage() throws IOException {
    Path folder = Files.createTempDirectory(root.resolve("jobs"), SUBMITTED);
    Files.createFile(folder.resolve(UNCONFIRMED));
    return folder;
  }

  /** Records that a submission has become a job, in the journal as well. */
  public void confirm(String id) throws IOException {
    Files.deleteIfExists(job(id).root().resolve(UNCONFIRMED));
  }

  /** Deletes a job's files; after a kill, the next start deletes the rest. */
  public void remove(String id) throws IOException {
    Path folder = job(id).root();
    if (Files.exists(folder)) {
      Path deleted = folder.resolveSibling(DELETED + id);
      delete(deleted);
      Files.move(folder, deleted, StandardCopyOption.ATOMIC_MOVE);
      delete(deleted);
    }
  }

  /**
   * Deletes remains of submissions and deletions after a kill, and moves folders that belong to no
   * job to the quarantine.
   */
  void tidy(Set<String> known) throws IOException {
    for (Path folder : folders()) {
      String name = folder.getFileName().toString();
      try {
        if (name.startsWith(SUBMITTED) || name.startsWith(DELETED)) {
          delete(folder);
        } else if (known.contains(name)) {
          confirm(name);
        } else if (Files.exists(folder.resolve(UNCONFIRMED))) {
          delete(folder); // killed before the journal had it, and before the reply
        } else {
          quarantine(folder);
        }
      } catch (IOException e) {
        LOG.warn("{} could not be tidied away: {}", folder, e.toString());
      }
    }
    OwnerOnly.restrict(root);
  }

  private void quarantine(Path folder) throws IOException {
    Path quarantine = root.resolve("quarantine");
    OwnerOnly.createFolders(quarantine);
    Path target = quarantine.resolve(folder.getFileName());
    for (int i = 2; Files.exists(target); i++) {
      target = quarantine.resolve(folder.getFileName() + "." + i);
    }
    Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
    LOG.warn(
        "{} belongs to no job in the journal: moved to {}. If it is to be a job again, stop the"
            + " service, move it back, and run 'halfstep journal rebuild'",
        folder,
        target);
  }

  /** Deletes a folder and its contents, if it exists. */
  public static void delete(Path folder) throws IOException {
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
