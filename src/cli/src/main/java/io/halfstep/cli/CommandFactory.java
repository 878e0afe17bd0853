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
import io.halfstep.cli.options.SettingsCommand;
import io.halfstep.cli.terminal.Confirmation;
import io.halfstep.cli.terminal.Terminal;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Creates the commands with the terminal and the job to run. */
record CommandFactory(Terminal terminal, QuantizeJob job) implements IFactory {
  private static final Map<Class<?>, Function<Terminal, ?>> CLIENTS =
      Map.ofEntries(
          Map.entry(SubmitCommand.class, SubmitCommand::new),
          Map.entry(FeedCommand.class, FeedCommand::new),
          Map.entry(JobsCommand.class, JobsCommand::new),
          Map.entry(StatusCommand.class, StatusCommand::new),
          Map.entry(WatchCommand.class, WatchCommand::new),
          Map.entry(LogsCommand.class, LogsCommand::new),
          Map.entry(VersionsCommand.class, VersionsCommand::new),
          Map.entry(FetchCommand.class, FetchCommand::new),
          Map.entry(RollbackCommand.class, RollbackCommand::new),
          Map.entry(PauseCommand.class, PauseCommand::new),
          Map.entry(ResumeCommand.class, ResumeCommand::new),
          Map.entry(CancelCommand.class, CancelCommand::new),
          Map.entry(
              DeleteCommand.class,
              terminal -> new DeleteCommand(terminal, Confirmation.ofProcess())));

  /** Returns the complete command line. */
  CommandLine commandLine() {
    CommandLine halfstep = new CommandLine(new HalfstepCommand(terminal), this);
    for (CommandLine command : halfstep.getSubcommands().values()) {
      if (command.getCommand() instanceof SettingsCommand settings) {
        settings.addOptions(command.getCommandSpec());
      }
    }
    return halfstep;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    if (type == QuantizeCommand.class) {
      return type.cast(new QuantizeCommand(terminal, job));
    }
    if (type == AnalyzeCommand.class) {
      return type.cast(new AnalyzeCommand(terminal, job));
    }
    if (type == EvaluateCommand.class) {
      return type.cast(new EvaluateCommand(terminal));
    }
    if (type == InspectCommand.class) {
      return type.cast(new InspectCommand(terminal));
    }
    if (type == ServeCommand.class) {
      return type.cast(new ServeCommand(terminal));
    }
    Function<Terminal, ?> client = CLIENTS.get(type);
    if (client != null) {
      return type.cast(client.apply(terminal));
    }
    if (type == JournalCommand.class) {
      return type.cast(new JournalCommand(terminal));
    }
    if (type == TokenCommand.class) {
      return type.cast(new TokenCommand(terminal));
    }
    return CommandLine.defaultFactory().create(type);
  }
}
