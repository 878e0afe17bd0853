package io.halfstep.cli.client;

import io.halfstep.cli.terminal.Terminal;
import picocli.CommandLine.Command;

/** {@code halfstep pause}. */
@Command(
    name = "pause",
    sortOptions = false,
    customSynopsis = "halfstep pause JOB...%n",
    description = {
      "Pauses jobs: they take samples and compute nothing until 'halfstep resume'.",
      ""
    })
public final class PauseCommand extends JobAction {
  public PauseCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String act(ServiceClient client, String job) throws InterruptedException {
    return request(client, job, "pause");
  }
}
