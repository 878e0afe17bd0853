package io.halfstep.cli.options;

import io.halfstep.plan.ByteSize;
import io.halfstep.plan.RunOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a run may use of the machine. The result depends on none of it. */
public final class ResourceOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute. Default: one per processor.")
  private @Nullable Integer threads;

  @Option(
      names = "--memory",
      paramLabel = "BYTES",
      description =
          "How much of the batches that wait between layers stays in memory, e.g. 512m or 2g; the"
              + " rest is spooled to disk. Default: a quarter of the heap.")
  private @Nullable String memory;

  @Option(
      names = "--spool-dir",
      paramLabel = "DIR",
      description = "Where to spool to. Default: the system's folder for temporary files.")
  private @Nullable Path spoolDir;

  /** What was given. */
  public RunOptions given() {
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
