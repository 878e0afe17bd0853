package io.halfstep.cli.terminal;

/** How a command ends. */
public final class ExitCode {
  public static final int FAILURE = 1;
  public static final int MISTAKE = 2;

  /** A figure is below what was asked for. */
  public static final int BELOW = 3;

  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
