package io.halfstep.cli.client;

import io.halfstep.cli.terminal.Terminal;
import picocli.CommandLine.Command;

/** {@code halfstep resume}. */
@Command(
    name = "resume",
    sortOptions = false,
    customSynopsis = "halfstep resume JOB...%n",
    description = {
      "Resumes jobs that are paused. One that waits retries at once; one that has failed restarts from its samples.",
      ""
    })
public final class ResumeCommand extends JobAction {
  public ResumeCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String act(ServiceClient client, String job) throws InterruptedException {
    return request(client, job, "resume");
  }
}
