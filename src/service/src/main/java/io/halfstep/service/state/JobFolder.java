package io.halfstep.service.state;

import io.halfstep.file.AtomicFile;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JournalSerializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A job's files.
 *
 * <pre>
 *   job.json          its parameters, and its final state once it has ended
 *   model/            the float model as it was uploaded
 *   plan.conf         how to quantize it, in HOCON
 *   samples/          the log of its samples, until it is completed or cancelled
 *   checkpoints/N/    of version N, while it is under way
 *   spool/            batches that do not fit into memory; empty unless a calibration runs
 *   versions/N/       model.onnx, encodings.json, report.html, summary.json, inputs.json
 * </pre>
 */
public record JobFolder(Path root) {
  private static final JournalSerializer JSON = new JournalSerializer();

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

  /** Returns the job as it was submitted or as it ended, in case the journal is lost. */
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

  public Path checkpoints(int version) {
    return checkpoints().resolve(Integer.toString(version));
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

  /** Creates the folders for the version under way, and removes files of earlier ones. */
  public void prepare(int version) {
    try {
      OwnerOnly.createFolders(samples());
      OwnerOnly.createFolders(spool());
      OwnerOnly.createFolders(checkpoints(version));
      List<Path> earlier;
      try (Stream<Path> all = Files.list(checkpoints())) {
        earlier = all.filter(folder -> !folder.equals(checkpoints(version))).toList();
      }
      for (Path folder : earlier) {
        StateDirectory.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Removes what an ended job no longer needs, and records its final state; a failed job may still
   * be resumed.
   */
  public void tidy(Job job) {
    if (!job.phase().isFinal()) {
      return;
    }
    try {
      StateDirectory.delete(spool());
      if (job.phase() != Job.Phase.FAILED) {
        StateDirectory.delete(checkpoints());
        StateDirectory.delete(samples());
      }
      record(job);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
