package io.halfstep.intake;

import akka.actor.Cancellable;
import akka.actor.ClassicActorSystemProvider;
import akka.actor.Scheduler;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.Admission;
import io.halfstep.source.Dataset;
import io.halfstep.source.FileSamples;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.RawSample;
import io.halfstep.source.Rejections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;

/**
 * Appends the samples of files that appear in a folder to a log, in the order of their names, each
 * file once. It reads the files that {@link Dataset} reads: .npy, .npz, .pb, .png and .jpg; a model
 * with several inputs takes .npz files with an array for each input. A file is read if it has not
 * changed between two scans; slow writers should write elsewhere and rename.
 *
 * <p>A file that can't be read is renamed to {@code NAME.rejected}, so that its name is free for a
 * correct one. So is a link, which could lead to a file that is not meant for the job; nor is the
 * folder read when a link has taken its place.
 */
public final class WatchedFolder implements AutoCloseable {
  /*
   * A file is a producer of the log. Its samples are appended in chunks that are the same whenever
   * it is read; their numbers are the positions, and the last one's is WHOLE. A file that was cut
   * short by a crash is read again, and what had been stored is recognized.
   */
  private static final String BLOCKING = "akka.actor.default-blocking-io-dispatcher";
  private static final long WHOLE = 1L << 62;
  private static final int CHUNK_SAMPLES = 256;
  private static final long CHUNK_BYTES = 1 << 20;

  private final Path folder;
  private final Admission admission;
  private final ImageSpec images;
  private final Appender log;
  private final Listener listener;

  private Map<Path, Look> looks = new HashMap<>();
  private final Set<Path> unmoved = new HashSet<>();
  private Cancellable schedule = Cancellable.alreadyCancelled();
  private boolean closed;

  /** Receives the result for each file, from one thread at a time. */
  public interface Listener {
    /** All samples of a file are in the log, except rejected ones. */
    void taken(Path file, long samples, Rejections rejections);

    /** A file can't be read. Samples before the damage may be in the log. */
    void rejected(Path file, InvalidInputException reason);

    /** A file or the folder can't be accessed. */
    void failed(Path path, String why);

    /** There is no room for more samples now; the next look tries again. */
    void waits(Path folder, String why);
  }

  private record Look(long size, FileTime modified) {}

  WatchedFolder(
      Path folder, Admission admission, ImageSpec images, Appender log, Listener listener) {
    this.folder = folder;
    this.admission = admission;
    this.images = images;
    this.log = log;
    this.listener = listener;
  }

  /**
   * Starts to scan a folder.
   *
   * @param folder its real path, without links
   * @param pause between two scans
   * @throws InvalidInputException if there is no such folder
   */
  public static WatchedFolder start(
      Path folder,
      Admission admission,
      ImageSpec images,
      Appender log,
      Listener listener,
      Duration pause,
      ClassicActorSystemProvider system) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(folder + ": not a folder");
    }
    WatchedFolder watched = new WatchedFolder(folder, admission, images, log, listener);
    Scheduler scheduler = system.classicSystem().scheduler();
    watched.schedule =
        scheduler.scheduleWithFixedDelay(
            Duration.ZERO,
            pause,
            watched::look,
            system.classicSystem().dispatchers().lookup(BLOCKING));
    return watched;
  }

  /** Scans once. A failure not caused by a file's content is retried at the next scan. */
  synchronized void look() {
    if (closed) {
      return;
    }
    try {
      if (!folder.equals(folder.toRealPath())) {
        listener.failed(folder, "found a link on its path, expected none");
        return;
      }
      Map<Path, Look> before = looks;
      looks = new HashMap<>();
      for (Path file : FileSamples.in(folder)) {
        if (unmoved.contains(file) || isWhole(file)) {
          continue;
        }
        BasicFileAttributes found =
            Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isRegularFile()) {
          reject(
              file,
              new InvalidInputException(
                  "%s: found a link, expected a file in the folder itself".formatted(file)));
          continue;
        }
        Look now = new Look(found.size(), found.lastModifiedTime());
        looks.put(file, now);
        if (now.equals(before.get(file))) {
          take(file);
        }
      }
    } catch (OverloadedException | StorageFullException e) {
      listener.waits(folder, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      listener.failed(folder, "will be retried: " + e);
    }
  }

  private String producer(Path file) {
    return "folder/" + file.getFileName();
  }

  private boolean isWhole(Path file) {
    return log.position(producer(file)).orElse(0) > WHOLE;
  }

  private void take(Path file) throws IOException {
    Rejections rejections = new Rejections();
    long samples = 0;
    try (FileSamples reader = FileSamples.open(file, admission, images, rejections)) {
      List<RawSample> chunk = chunk(reader);
      for (long number = 0; ; number++) {
        List<RawSample> next = chunk(reader);
        samples += chunk.size();
        append(chunk, Origin.offset(producer(file), next.isEmpty() ? WHOLE : number));
        if (next.isEmpty()) {
          break;
        }
        chunk = next;
      }
    } catch (InvalidInputException e) {
      if (Files.exists(file)) {
        reject(file, e);
      }
      return;
    }
    listener.taken(file, samples, rejections);
  }

  private static List<RawSample> chunk(FileSamples reader) {
    List<RawSample> chunk = new ArrayList<>();
    long bytes = 0;
    while (chunk.size() < CHUNK_SAMPLES && bytes < CHUNK_BYTES) {
      RawSample sample = reader.next();
      if (sample == null) {
        break;
      }
      chunk.add(sample);
      bytes += sample.bytes();
    }
    return chunk;
  }

  private void append(List<RawSample> chunk, Origin origin) {
    try {
      log.append(chunk, origin).toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof InvalidInputException damaged) {
        throw new UncheckedIOException(new IOException(damaged)); // a damaged log, not a bad file
      }
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private void reject(Path file, InvalidInputException reason) {
    setAside(file);
    listener.rejected(file, reason);
  }

  private void setAside(Path file) {
    try {
      Path aside = file.resolveSibling(file.getFileName() + ".rejected");
      for (int number = 2; Files.exists(aside); number++) {
        aside = file.resolveSibling(file.getFileName() + "." + number + ".rejected");
      }
      Files.move(file, aside);
    } catch (FileAlreadyExistsException e) {
      unmoved.add(file);
    } catch (IOException e) {
      unmoved.add(file);
      listener.failed(file, "can't be renamed: " + e);
    }
  }

  /** Stops scanning; returns when nothing more is appended. */
  @Override
  public void close() {
    schedule.cancel();
    synchronized (this) {
      closed = true;
    }
  }
}
