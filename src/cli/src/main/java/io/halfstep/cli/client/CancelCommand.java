package io.halfstep.cli.client;

import io.halfstep.cli.terminal.Terminal;
import picocli.CommandLine.Command;

/** {@code halfstep cancel}. */
@Command(
    name = "cancel",
    sortOptions = false,
    customSynopsis = "halfstep cancel JOB...%n",
    description = {
      "Ends jobs and deletes their samples. Published versions stay until 'halfstep delete'.",
      ""
    })
public final class CancelCommand extends JobAction {
  public CancelCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String act(ServiceClient client, String job) throws InterruptedException {
    return request(client, job, "cancel");
  }
}
