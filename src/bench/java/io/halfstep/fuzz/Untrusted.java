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

/**
 * What a parser promises for any bytes: that it reads them or throws a documented exception, within
 * a second and 256 MiB for an input of 64 KiB, and that nothing stays open.
 */
public final class Untrusted {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final UnixOperatingSystemMXBean SYSTEM =
      (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

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

  /**
   * Checks a parser of files on a file with these bytes.
   *
   * @param name the file's name
   */
  public static void check(byte[] input, String name, FileParser parser) {
    try {
      Path folder = Files.createTempDirectory("fuzz");
      Path file = folder.resolve(name);
      try {
        Files.write(file, input);
        check(input, () -> parser.parse(file));
      } finally {
        Files.deleteIfExists(file);
        Files.delete(folder); // the parser left no file of its own
      }
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
    if (input.length > LARGEST_INPUT) {
      return;
    }
    Cost cost = cost(parser, documented);
    if (cost.isTooHigh()) {
      cost = cost(parser, documented); // the first time, classes are loaded
    }
    if (cost.isTooHigh()) {
      throw new AssertionError(cost.toString());
    }
  }

  private static Cost cost(Parser parser, Class<?>[] documented) {
    Cost before = Cost.now();
    try {
      parser.parse();
    } catch (InvalidInputException e) {
      // refused
    } catch (Exception e) {
      if (Arrays.stream(documented).noneMatch(type -> type.isInstance(e))) {
        throw new AssertionError("not a documented exception: " + e, e);
      }
    }
    return Cost.now().since(before);
  }

  /** What was used, and what is open. */
  private record Cost(long nanos, long bytes, long programs, long offHeap, long descriptors) {
    static Cost now() {
      return new Cost(
          System.nanoTime(),
          THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()),
          OnnxProgram.open(),
          OffHeapMatrix.bytes(),
          SYSTEM.getOpenFileDescriptorCount());
    }

    Cost since(Cost before) {
      return new Cost(
          nanos - before.nanos,
          bytes - before.bytes,
          programs - before.programs,
          offHeap - before.offHeap,
          descriptors - before.descriptors);
    }

    boolean isTooHigh() {
      return nanos > MOST_NANOS
          || bytes > MOST_BYTES
          || programs > 0
          || offHeap > 0
          || descriptors > 0;
    }
  }
}
