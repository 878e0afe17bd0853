package io.halfstep.service;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A job's files.
 *
 * <pre>
 *   model/            the float model as it was uploaded
 *   plan.conf         how to quantize it, in HOCON
 *   samples/          the log of its samples, until it is completed or cancelled
 *   checkpoints/N/    of version N, while it is under way
 *   spool/            batches that do not fit into memory; empty while nothing runs
 *   versions/N/       model.onnx, encodings.json, report.html, summary.json, inputs.json
 * </pre>
 */
record JobFolder(Path root) {
  Path plan() {
    return root.resolve("plan.conf");
  }

  Path samples() {
    return root.resolve("samples");
  }

  Path checkpoints(int version) {
    return root.resolve("checkpoints").resolve(Integer.toString(version));
  }

  Path spool() {
    return root.resolve("spool");
  }

  Path versions() {
    return root.resolve("versions");
  }

  Path version(int version) {
    return versions().resolve(Integer.toString(version));
  }

  /** Makes the folders for a version under way, and clears what earlier ones have left. */
  void prepare(int version) {
    try {
      Files.createDirectories(spool());
      Files.createDirectories(checkpoints(version));
      List<Path> earlier;
      try (Stream<Path> all = Files.list(root.resolve("checkpoints"))) {
        earlier = all.filter(folder -> !folder.equals(checkpoints(version))).toList();
      }
      for (Path folder : earlier) {
        StateDirectory.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Clears what a job in this phase needs no more; one that has failed may be resumed. */
  void tidy(Job.Phase phase) {
    try {
      if (phase.isFinal()) {
        StateDirectory.delete(spool());
      }
      if (phase.isFinal() && phase != Job.Phase.FAILED) {
        StateDirectory.delete(root.resolve("checkpoints"));
        StateDirectory.delete(samples());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
