package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.failure.InvalidInputException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The process: parses the command line, runs a command, and turns failures into one line and an
 * exit code: 2 for the user's mistakes, 1 for other failures, 130 for an interrupt.
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT); // numbers are formatted alike everywhere
    Terminal terminal = Terminal.ofProcess();
    Interruption interruption = Interruption.watch(terminal.err());
    int code = execute(terminal, Quantization::run, args);
    // Threads of native libraries and pools may still be running; the work is done.
    System.exit(interruption.end(code));
  }

  /** Runs a command line on the calling thread, without ending the process. */
  public static int execute(Terminal terminal, QuantizeJob job, String... args) {
    CommandLine commandLine = new CommandFactory(terminal, job).commandLine();
    HalfstepCommand halfstep = commandLine.getCommand();
    commandLine
        .setOut(terminal.out())
        .setErr(terminal.err())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUnmatchedOptionsAllowedAsOptionParameters(false)
        .setUsageHelpAutoWidth(false)
        .setUsageHelpWidth(100)
        .setParameterExceptionHandler((mistake, given) -> mistake(mistake))
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> failure(failure, terminal.err(), halfstep.debug()));
    try {
      return commandLine.execute(args);
    } catch (OutOfMemoryError | LinkageError | StackOverflowError e) {
      return failure(e, terminal.err(), halfstep.debug());
    }
  }

  private static int mistake(ParameterException mistake) {
    CommandLine command = mistake.getCommandLine();
    PrintWriter err = command.getErr();
    String message = String.valueOf(mistake.getMessage());
    String unknown = UnknownCommand.message(mistake);
    if (unknown == null) {
      unknown = UnknownOption.message(command.getCommandSpec(), message);
    }
    err.println("halfstep: " + (unknown == null ? oneLine(message) : unknown));
    if (unknown == null) {
      UnmatchedArgumentException.printSuggestions(mistake, err);
    }
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.MISTAKE;
  }

  private static int failure(Throwable failure, PrintWriter err, boolean debug) {
    Throwable cause = Failures.root(failure);
    if (Thread.currentThread().isInterrupted()
        || cause instanceof InterruptedException
        || cause instanceof CancellationException) {
      return ExitCode.INTERRUPTED; // reported by Interruption
    }
    err.println("halfstep: " + oneLine(Failures.describe(cause)));
    if (debug) {
      failure.printStackTrace(err);
    }
    return cause instanceof InvalidInputException ? ExitCode.MISTAKE : ExitCode.FAILURE;
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", "; ");
  }
}
