package io.halfstep.plan;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The resources that a run may use. They do not affect the result. */
public record ResourceSettings(SettingValues values) {
  /** The number of computing threads. */
  public static final Setting<Integer> THREADS =
      Setting.open(
          "threads",
          Syntax.whole("N", 1, Integer.MAX_VALUE),
          "one per processor",
          "Compute threads.");

  /** The memory for waiting batches, in bytes. */
  public static final Setting<Long> MEMORY =
      Setting.open(
          "memory",
          new Bytes(),
          "512m, or a quarter of the heap if that is less",
          "Memory for batches that wait between layers, e.g. 512m or 2g; the rest is spooled to"
              + " disk.");

  /** The folder for batches that exceed the memory. */
  public static final Setting<Path> SPOOL_DIR =
      Setting.open(
          "spool-dir",
          Syntax.path("DIR"),
          "the system's folder for temporary files",
          "The folder for spool files.");

  /** All settings, in the order of the help. */
  public static final List<Setting<?>> ALL = List.of(THREADS, MEMORY, SPOOL_DIR);

  /** No settings. */
  public static final ResourceSettings NONE = new ResourceSettings(SettingValues.NONE);

  /** Keeps only the settings in {@link #ALL}. */
  public ResourceSettings {
    values = values.only(ALL);
  }

  /** Returns the number of threads, at least 1. */
  public @Nullable Integer threads() {
    return values.said(THREADS);
  }

  /** Returns the memory in bytes, at least 1. */
  public @Nullable Long memory() {
    return values.said(MEMORY);
  }

  /** Returns the folder for batches that exceed the memory. */
  public @Nullable Path spoolDirectory() {
    return values.said(SPOOL_DIR);
  }

  /** Returns a copy with this number of threads. */
  public ResourceSettings withThreads(int count) {
    return new ResourceSettings(values.with(THREADS, count));
  }

  /** Returns a copy with this amount of memory, in bytes. */
  public ResourceSettings withMemory(long bytes) {
    return new ResourceSettings(values.with(MEMORY, bytes));
  }

  /** Returns a copy with this folder. */
  public ResourceSettings withSpoolDirectory(Path folder) {
    return new ResourceSettings(values.with(SPOOL_DIR, folder));
  }

  /** Returns these settings, completed by the others where a setting is missing. */
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
