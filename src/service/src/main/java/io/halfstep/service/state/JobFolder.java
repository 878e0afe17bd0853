package io.halfstep.service.state;

import io.halfstep.file.AtomicFile;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JournalSerializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A job's files.
 *
 * <pre>
 *   job.json          its parameters, and its state after the last change but checkpoints
 *   model/            the float model as it was uploaded
 *   plan.conf         how to quantize it, in HOCON
 *   samples/          the log of its samples, until it is completed or cancelled
 *   checkpoints/N/V/  of version V, which learns from the samples from number N on
 *   statistics/N/     of version N, for the next one
 *   spool/            batches that do not fit into memory; empty unless a calibration runs
 *   versions/N/       model.onnx, encodings.json, report.html, summary.json
 * </pre>
 */
public record JobFolder(Path root) {
  private static final JournalSerializer JSON = new JournalSerializer();
  private static final String DROPPED = ".dropped";

  boolean isThere() {
    return Files.isDirectory(root);
  }

  /** Returns the path of the file that {@link #recorded} reads. */
  private Path file() {
    return root.resolve("job.json");
  }

  public boolean isRecorded() {
    return Files.isRegularFile(file());
  }

  /** Returns the job as it was last recorded, in case the journal is lost. */
  public Job recorded() throws IOException {
    return (Job) JSON.fromBinary(Files.readAllBytes(file()), JournalSerializer.manifest(Job.class));
  }

  public void record(Job job) throws IOException {
    byte[] json = JSON.toBinary(job);
    if (!isRecorded() || !Arrays.equals(Files.readAllBytes(file()), json)) {
      AtomicFile.write(file(), json);
      OwnerOnly.restrict(file());
    }
  }

  public Path plan() {
    return root.resolve("plan.conf");
  }

  public Path samples() {
    return root.resolve("samples");
  }

  /** Returns the folder of all versions' checkpoints. */
  public Path checkpoints() {
    return root.resolve("checkpoints");
  }

  /** Returns the folder of the checkpoints of the version under way. */
  public Path checkpoints(Job job) {
    return checkpoints()
        .resolve(Long.toString(job.windowStart()))
        .resolve(Integer.toString(job.nextVersion()));
  }

  private Path statistics() {
    return root.resolve("statistics");
  }

  /** Returns the folder of a version's statistics. */
  public Path statistics(int version) {
    return statistics().resolve(Integer.toString(version));
  }

  public Path spool() {
    return root.resolve("spool");
  }

  Path versions() {
    return root.resolve("versions");
  }

  public Path version(int version) {
    return versions().resolve(Integer.toString(version));
  }

  /** Creates the folders for the version under way. */
  public void prepare(Job job) {
    try {
      OwnerOnly.createFolders(samples());
      OwnerOnly.createFolders(spool());
      OwnerOnly.createFolders(checkpoints(job));
      OwnerOnly.createFolders(statistics(job.nextVersion()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Records the job's state, and removes what it no longer needs: versions that are not kept,
   * checkpoints and statistics of earlier versions, and all that only an unfinished job needs; a
   * failed job may still be resumed.
   */
  public void tidy(Job job) {
    try {
      record(job); // before files go, so that it lists none that has gone
      for (Path version : list(versions())) {
        if (isDropped(version.getFileName().toString(), job)) {
          drop(version);
        }
      }
      deleteBefore(checkpoints(), job.windowStart());
      deleteBefore(statistics(), job.newestVersion());
      if (job.phase().isFinal()) {
        StateDirectory.delete(spool());
        if (job.phase() != Job.Phase.FAILED) {
          StateDirectory.delete(checkpoints());
          StateDirectory.delete(statistics());
          StateDirectory.delete(samples());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes the folders of lower numbers. */
  private static void deleteBefore(Path folder, long number) throws IOException {
    for (Path numbered : list(folder)) {
      String name = numbered.getFileName().toString();
      if (!name.matches("[0-9]{1,18}") || Long.parseLong(name) < number) {
        StateDirectory.delete(numbered);
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }

  /** Returns whether a version's folder is not kept; newer ones are not in the journal yet. */
  private static boolean isDropped(String name, Job job) {
    return name.endsWith(DROPPED)
        || (name.matches("[1-9][0-9]{0,8}")
            && Integer.parseInt(name) < job.nextVersion()
            && !job.has(Integer.parseInt(name)));
  }

  /**
   * Deletes a version, by a name of its own, so that after a kill there is no part of a version.
   */
  private static void drop(Path version) throws IOException {
    Path dropped = version;
    if (!version.toString().endsWith(DROPPED)) {
      dropped = version.resolveSibling("." + version.getFileName() + DROPPED);
      Files.move(version, dropped, StandardCopyOption.ATOMIC_MOVE);
    }
    StateDirectory.delete(dropped);
  }
}
