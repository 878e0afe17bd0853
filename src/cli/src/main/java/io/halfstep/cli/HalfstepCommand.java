package io.halfstep.cli;

import io.halfstep.cli.client.CancelCommand;
import io.halfstep.cli.client.DeleteCommand;
import io.halfstep.cli.client.FeedCommand;
import io.halfstep.cli.client.FetchCommand;
import io.halfstep.cli.client.JobsCommand;
import io.halfstep.cli.client.LogsCommand;
import io.halfstep.cli.client.PauseCommand;
import io.halfstep.cli.client.ResumeCommand;
import io.halfstep.cli.client.RollbackCommand;
import io.halfstep.cli.client.StatusCommand;
import io.halfstep.cli.client.SubmitCommand;
import io.halfstep.cli.client.VersionsCommand;
import io.halfstep.cli.client.WatchCommand;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code halfstep} itself: its commands and their common options. */
@Command(
    name = "halfstep",
    versionProvider = Version.class,
    description =
        "Quantizes trained ONNX models, and learns from samples how to round each weight.",
    subcommands = {
      QuantizeCommand.class,
      AnalyzeCommand.class,
      EvaluateCommand.class,
      InspectCommand.class,
      ServeCommand.class,
      SubmitCommand.class,
      FeedCommand.class,
      JobsCommand.class,
      StatusCommand.class,
      WatchCommand.class,
      LogsCommand.class,
      VersionsCommand.class,
      FetchCommand.class,
      PauseCommand.class,
      ResumeCommand.class,
      CancelCommand.class,
      DeleteCommand.class,
      RollbackCommand.class,
      JournalCommand.class,
      TokenCommand.class
    },
    footer = {
      "",
      "A first run:",
      "  halfstep inspect model.onnx",
      "  halfstep quantize model.onnx --data samples.npz --out model.int4.onnx",
      "  halfstep evaluate model.onnx model.int4.onnx --data test.npz:images --labels test.npz:labels",
      "",
      "Exit codes: 0 success, 1 failure, 2 invalid input, 130 interrupted.",
      "HALFSTEP_OPTS holds options for the Java virtual machine, e.g. HALFSTEP_OPTS=-Xmx512m."
    })
final class HalfstepCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the version.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean version;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of a failure.")
  private boolean debug;

  @Spec private CommandSpec spec;

  HalfstepCommand(Terminal terminal) {
    this.terminal = terminal;
    this.spec = CommandSpec.create(); // picocli replaces it
  }

  boolean debug() {
    return debug;
  }

  @Override
  public Integer call() {
    terminal.err().println("halfstep: expected a command");
    spec.commandLine().usage(terminal.err());
    return ExitCode.MISTAKE;
  }
}
