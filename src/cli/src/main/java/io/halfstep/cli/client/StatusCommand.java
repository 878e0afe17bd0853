package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.terminal.Terminal;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep status}. */
@Command(
    name = "status",
    sortOptions = false,
    customSynopsis = "halfstep status [JOB] [--json]%n",
    description = {
      "Shows a job, or without JOB all, as 'halfstep jobs' does. 'halfstep watch' follows one.",
      ""
    })
public final class StatusCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "JOB", arity = "0..1", description = "A job's id. Default: all.")
  private @Nullable String job;

  @Option(names = "--json", description = "Print it as one line of JSON.")
  private boolean json;

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public StatusCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    ServiceClient client = service.client(terminal.err());
    if (job == null) {
      JobsCommand.list(client, terminal, json);
      return 0;
    }
    JsonNode state = client.job(job);
    if (json) {
      terminal.out().println(state);
    } else {
      JobTable.of(List.of(state), Instant.now()).forEach(terminal.out()::println);
    }
    return 0;
  }
}
