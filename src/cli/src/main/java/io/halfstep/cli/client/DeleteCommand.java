package io.halfstep.cli.client;

import io.halfstep.cli.terminal.Confirmation;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.failure.InvalidInputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code halfstep delete}. */
@Command(
    name = "delete",
    sortOptions = false,
    customSynopsis = "halfstep delete JOB... [--yes]%n",
    description = {
      "Ends jobs and deletes all their files, published versions too. Asks before.",
      ""
    })
public final class DeleteCommand extends JobAction {
  private final Confirmation confirmation;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask. Needed where there is no terminal.")
  private boolean yes;

  public DeleteCommand(Terminal terminal, Confirmation confirmation) {
    super(terminal);
    this.confirmation = confirmation;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (yes) {
      return super.call();
    }
    if (!confirmation.possible()) {
      throw new InvalidInputException(
          "--yes is missing: there is no terminal on which to confirm the deletion");
    }
    String question =
        "Delete %s with all samples and published versions?".formatted(String.join(", ", jobs()));
    if (confirmation.given(terminal().err(), question)) {
      return super.call();
    }
    terminal().err().println("halfstep: nothing is deleted");
    return ExitCode.FAILURE;
  }

  @Override
  String act(ServiceClient client, String job) throws InterruptedException {
    client.change("DELETE", ServiceClient.path(job));
    return "deleted";
  }
}
