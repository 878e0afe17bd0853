package io.halfstep.plan;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a run may use of the machine. The result depends on none of it. */
public record ResourceSettings(SettingValues values) {
  /** How many threads compute. */
  public static final Setting<Integer> THREADS =
      Setting.open(
          "threads",
          Syntax.whole("N", 1, Integer.MAX_VALUE),
          "one per processor",
          "Compute threads.");

  /** Bytes of batches that wait in memory. */
  public static final Setting<Long> MEMORY =
      Setting.open(
          "memory",
          new Bytes(),
          "a quarter of the heap",
          "Memory for batches that wait between layers, e.g. 512m or 2g; the rest is spooled to"
              + " disk.");

  /** Where the others go. */
  public static final Setting<Path> SPOOL_DIR =
      Setting.open(
          "spool-dir",
          Syntax.path("DIR"),
          "the system's folder for temporary files",
          "The folder for spool files.");

  /** All of them, in the order of the help. */
  public static final List<Setting<?>> ALL = List.of(THREADS, MEMORY, SPOOL_DIR);

  /** Nothing said. */
  public static final ResourceSettings NONE = new ResourceSettings(SettingValues.NONE);

  /** Takes those of its settings that are among the values. */
  public ResourceSettings {
    values = values.only(ALL);
  }

  /** At least 1. */
  public @Nullable Integer threads() {
    return values.said(THREADS);
  }

  /** At least 1. */
  public @Nullable Long memory() {
    return values.said(MEMORY);
  }

  /** A folder. */
  public @Nullable Path spoolDirectory() {
    return values.said(SPOOL_DIR);
  }

  /** The same with so many threads. */
  public ResourceSettings withThreads(int count) {
    return new ResourceSettings(values.with(THREADS, count));
  }

  /** The same with so many bytes of memory. */
  public ResourceSettings withMemory(long bytes) {
    return new ResourceSettings(values.with(MEMORY, bytes));
  }

  /** The same with this folder to spool to. */
  public ResourceSettings withSpoolDirectory(Path folder) {
    return new ResourceSettings(values.with(SPOOL_DIR, folder));
  }

  /** These where something is said, the others where nothing is. */
  public ResourceSettings over(ResourceSettings others) {
    return new ResourceSettings(values.over(others.values));
  }

  private record Bytes() implements Syntax<Long> {
    @Override
    public Class<?> type() {
      return Long.class;
    }

    @Override
    public String form() {
      return "BYTES";
    }

    @Override
    public String expected() {
      return "a number of bytes, e.g. 536870912, 512m or 2g";
    }

    @Override
    public Long read(String text) {
      return ByteSize.parse(text);
    }
  }
}
