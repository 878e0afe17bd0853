package io.halfstep.cli;

import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Makes the commands, which want the terminal, and one of them something to run. */
record CommandFactory(Terminal terminal, QuantizeJob job) implements IFactory {
  @Override
  public <K> K create(Class<K> type) throws Exception {
    if (type == QuantizeCommand.class) {
      return type.cast(new QuantizeCommand(terminal, job));
    }
    if (type == EvaluateCommand.class) {
      return type.cast(new EvaluateCommand(terminal));
    }
    if (type == InspectCommand.class) {
      return type.cast(new InspectCommand(terminal));
    }
    return CommandLine.defaultFactory().create(type);
  }
}
