package io.halfstep.cli;

import io.halfstep.failure.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What a run may use of the machine. The result depends on none of it. */
final class ResourceOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute. Default: one per processor.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--memory",
      paramLabel = "BYTES",
      converter = Bytes.class,
      description =
          "How much of the batches that wait between layers stays in memory, e.g. 512m or 2g; the"
              + " rest is spooled to disk. Default: a quarter of the heap.")
  private @Nullable Long memory;

  @Option(
      names = "--spool-dir",
      paramLabel = "DIR",
      description = "Where to spool to. Default: the system's folder for temporary files.")
  private Path spoolDirectory = Path.of(System.getProperty("java.io.tmpdir"));

  int threads() {
    if (threads < 1) {
      throw new InvalidInputException("--threads %d: expected at least 1".formatted(threads));
    }
    return threads;
  }

  long memoryBytes() {
    return memory == null ? Runtime.getRuntime().maxMemory() / 4 : memory;
  }

  Path spoolDirectory() {
    if (!Files.isDirectory(spoolDirectory) || !Files.isWritable(spoolDirectory)) {
      throw new InvalidInputException(
          "--spool-dir %s: expected a folder that can be written to".formatted(spoolDirectory));
    }
    return spoolDirectory;
  }

  /** {@code 1048576}, {@code 512m}, {@code 2g}; powers of 1024 as with {@code -Xmx}. */
  static final class Bytes implements ITypeConverter<Long> {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kmg]?)b?");

    @Override
    public Long convert(String text) {
      Matcher size = SIZE.matcher(text.toLowerCase(Locale.ROOT));
      if (!size.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is not a number of bytes such as 1048576, 512m or 2g");
      }
      int shift =
          switch (size.group(2)) {
            case "k" -> 10;
            case "m" -> 20;
            case "g" -> 30;
            default -> 0;
          };
      return Long.parseLong(size.group(1)) << shift;
    }
  }
}
