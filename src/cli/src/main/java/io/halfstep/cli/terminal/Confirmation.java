package io.halfstep.cli.terminal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Asks the user before what can't be undone.
 *
 * @param possible whether {@code in} is a terminal
 */
public record Confirmation(BufferedReader in, boolean possible) {

  /**
   * Returns the process's. Java can't detect a terminal behind stdin alone; the launcher does and
   * sets {@code -Dhalfstep.asks}.
   */
  public static Confirmation ofProcess() {
    return new Confirmation(
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())),
        Boolean.getBoolean("halfstep.asks"));
  }

  /** Asks, and returns whether the answer is yes. */
  public boolean given(PrintWriter err, String question) throws InterruptedException {
    err.print(question + " [y/N] ");
    err.flush();
    try { // an interrupt does not end a read
      return CompletableFuture.supplyAsync(this::answer).get().matches("(?i)\\s*y(es)?\\s*");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Returns the next line; empty at the end. */
  private String answer() {
    try {
      String line = in.readLine();
      return line == null ? "" : line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
