package io.halfstep.cli.terminal;

/** The exit codes of commands. */
public final class ExitCode {
  public static final int FAILURE = 1;
  public static final int MISTAKE = 2;

  /** A figure is below the required minimum. */
  public static final int BELOW = 3;

  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
