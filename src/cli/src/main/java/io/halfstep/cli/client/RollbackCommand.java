package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.terminal.Terminal;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep rollback}. */
@Command(
    name = "rollback",
    sortOptions = false,
    customSynopsis = "halfstep rollback JOB [--to=VERSION]%n",
    description = {
      "Makes an earlier version of a job the current one, which 'halfstep fetch' downloads, until the"
          + " job publishes the next.",
      ""
    })
public final class RollbackCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "JOB", description = "A job's id.")
  private String job = "";

  @Option(
      names = "--to",
      paramLabel = "VERSION",
      description = "Default: the one before the current version.")
  private @Nullable Integer version;

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public RollbackCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    String path = ServiceClient.path(job) + "/rollback";
    JsonNode now =
        service
            .client(terminal.err())
            .change("POST", version == null ? path : path + "?version=" + version);
    terminal.out().printf("%s: version %d is the current one%n", job, now.path("current").asInt());
    return 0;
  }
}
