package io.halfstep.cli.terminal;

/** How a command ends. */
public final class ExitCode {
  public static final int FAILURE = 1;
  public static final int MISTAKE = 2;
  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
