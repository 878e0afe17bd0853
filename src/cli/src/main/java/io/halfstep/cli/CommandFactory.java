package io.halfstep.cli;

import io.halfstep.cli.client.FeedCommand;
import io.halfstep.cli.client.FetchCommand;
import io.halfstep.cli.client.RollbackCommand;
import io.halfstep.cli.client.StatusCommand;
import io.halfstep.cli.client.SubmitCommand;
import io.halfstep.cli.client.WatchCommand;
import io.halfstep.cli.options.SettingsCommand;
import io.halfstep.cli.terminal.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Creates the commands with the terminal and the job to run. */
record CommandFactory(Terminal terminal, QuantizeJob job) implements IFactory {
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
    if (type == SubmitCommand.class) {
      return type.cast(new SubmitCommand(terminal));
    }
    if (type == StatusCommand.class) {
      return type.cast(new StatusCommand(terminal));
    }
    if (type == WatchCommand.class) {
      return type.cast(new WatchCommand(terminal));
    }
    if (type == FeedCommand.class) {
      return type.cast(new FeedCommand(terminal));
    }
    if (type == FetchCommand.class) {
      return type.cast(new FetchCommand(terminal));
    }
    if (type == RollbackCommand.class) {
      return type.cast(new RollbackCommand(terminal));
    }
    if (type == JournalCommand.class) {
      return type.cast(new JournalCommand(terminal));
    }
    return CommandLine.defaultFactory().create(type);
  }
}
