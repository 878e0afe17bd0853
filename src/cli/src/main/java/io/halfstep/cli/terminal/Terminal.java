package io.halfstep.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * The streams of a command: its result goes to {@code out}, everything else to {@code err}.
 *
 * @param columns the width of the terminal behind {@code err}; 0 if it is not a terminal
 */
public record Terminal(PrintWriter out, PrintWriter err, int columns) {

  /**
   * Returns the process's streams, in UTF-8. Java can't detect a terminal behind stderr; the
   * launcher does and sets {@code -Dhalfstep.columns}.
   */
  public static Terminal ofProcess() {
    return new Terminal(
        writer(FileDescriptor.out),
        writer(FileDescriptor.err),
        Math.max(0, Integer.getInteger("halfstep.columns", 0)));
  }

  /** Returns whether output can be redrawn in place. */
  public boolean live() {
    return columns > 0;
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), true);
  }
}
