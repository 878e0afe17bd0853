package io.halfstep.cli;

import io.halfstep.plan.ByteSize;
import io.halfstep.plan.RunOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a run may use of the machine. The result depends on none of it. */
final class ResourceOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Compute threads. Default: one per processor.")
  private @Nullable Integer threads;

  @Option(
      names = "--memory",
      paramLabel = "BYTES",
      description =
          "Memory for batches that wait between layers, e.g. 512m or 2g; the rest is spooled to"
              + " disk. Default: a quarter of the heap.")
  private @Nullable String memory;

  @Option(
      names = "--spool-dir",
      paramLabel = "DIR",
      description = "The folder for spool files. Default: the system's folder for temporary files.")
  private @Nullable Path spoolDir;

  /** What was given. */
  RunOptions given() {
    return new RunOptions(
        List.of(),
        List.of(),
        null,
        null,
        null,
        threads,
        memory == null ? null : ByteSize.parse(memory),
        spoolDir,
        null,
        null,
        null,
        null,
        null);
  }
}
