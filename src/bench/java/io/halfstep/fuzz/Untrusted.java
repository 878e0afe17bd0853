package io.halfstep.fuzz;

import com.sun.management.ThreadMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.OffHeapMatrix;
import io.halfstep.tensor.OnnxProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What a parser promises for any bytes: that it reads them or throws a documented exception, within
 * a second and 256 MiB for an input of 64 KiB, and that nothing stays open.
 */
public final class Untrusted {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final UnixOperatingSystemMXBean SYSTEM =
      (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final Path FOLDER = folder();

  private static final int LARGEST_INPUT = 1 << 16;
  private static final long MOST_NANOS = 1_000_000_000L;
  private static final long MOST_BYTES = 256L << 20;

  private Untrusted() {}

  /** Reads an input. */
  @FunctionalInterface
  public interface Parser {
    void parse() throws Exception;
  }

  /** Reads a file. */
  @FunctionalInterface
  public interface FileParser {
    void parse(Path file) throws Exception;
  }

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("fuzz");
      folder.toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks a parser of files on a file with these bytes.
   *
   * @param name the file's name
   */
  public static void check(byte[] input, String name, FileParser parser) {
    Path file = FOLDER.resolve(name);
    try {
      Files.write(file, input);
      check(input, () -> parser.parse(file), List.of(), true);
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks a parser.
   *
   * @param documented the exceptions that it documents besides {@link InvalidInputException}
   */
  public static void check(byte[] input, Parser parser, Class<?>... documented) {
    check(input, parser, Arrays.asList(documented), false);
  }

  private static void check(
      byte[] input, Parser parser, List<Class<?>> documented, boolean opensFiles) {
    if (input.length > LARGEST_INPUT) {
      return;
    }
    Cost cost = cost(parser, documented, opensFiles);
    if (cost.isTooHigh()) {
      cost = cost(parser, documented, opensFiles); // the first time, classes are loaded
    }
    if (cost.isTooHigh()) {
      throw new AssertionError(cost.toString());
    }
  }

  private static Cost cost(Parser parser, List<Class<?>> documented, boolean opensFiles) {
    Cost before = Cost.now(opensFiles);
    try {
      parser.parse();
    } catch (InvalidInputException e) {
      // refused
    } catch (Exception e) {
      if (documented.stream().noneMatch(type -> type.isInstance(e))) {
        throw new AssertionError("not a documented exception: " + e, e);
      }
    }
    return Cost.now(opensFiles).since(before);
  }

  /** What was used, and what is open. */
  private record Cost(long nanos, long bytes, long programs, long offHeapBytes, long descriptors) {
    static Cost now(boolean opensFiles) {
      return new Cost(
          System.nanoTime(),
          THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()),
          OnnxProgram.open(),
          OffHeapMatrix.bytes(),
          opensFiles ? SYSTEM.getOpenFileDescriptorCount() : 0);
    }

    Cost since(Cost before) {
      return new Cost(
          nanos - before.nanos,
          bytes - before.bytes,
          programs - before.programs,
          offHeapBytes - before.offHeapBytes,
          descriptors - before.descriptors);
    }

    boolean isTooHigh() {
      return nanos > MOST_NANOS
          || bytes > MOST_BYTES
          || programs > 0
          || offHeapBytes > 0
          || descriptors > 0;
    }
  }
}
