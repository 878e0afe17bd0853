package io.halfstep.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Where a command writes: its result to {@code out}, all else to {@code err}.
 *
 * @param columns the width of the terminal that {@code err} is; 0 where it is none
 */
public record Terminal(PrintWriter out, PrintWriter err, int columns) {

  /**
   * The process's own streams, in UTF-8. Java cannot ask whether stderr is a terminal; the launcher
   * asks and says so with {@code -Dhalfstep.columns}.
   */
  public static Terminal ofProcess() {
    return new Terminal(
        writer(FileDescriptor.out),
        writer(FileDescriptor.err),
        Math.max(0, Integer.getInteger("halfstep.columns", 0)));
  }

  /** Whether what was written can be redrawn. */
  public boolean live() {
    return columns > 0;
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), true);
  }
}
