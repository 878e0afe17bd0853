package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.http.events.MergePatch;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep watch}. */
@Command(
    name = "watch",
    sortOptions = false,
    customSynopsis = "halfstep watch JOB [--json]%n",
    description = {
      "Follows a job until it ends. Exit code 0 if it has published, 1 if it failed or was"
          + " cancelled.",
      ""
    })
public final class WatchCommand implements Callable<Integer> {
  private final Terminal terminal;
  private ObjectNode state = new ObjectMapper().createObjectNode();
  private String last = "";

  @Parameters(paramLabel = "JOB", description = "A job's id.")
  private String job = "";

  @Option(names = "--json", description = "Print every change as one line of JSON.")
  private boolean json;

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public WatchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    ServiceClient client = service.client(terminal.err());
    while (true) {
      client.job(job); // waits while the service is unavailable
      state = new ObjectMapper().createObjectNode();
      try {
        EventData.read(client.events(ServiceClient.path(job) + "/events"), this::show);
      } catch (IOException e) {
        terminal.err().println("halfstep: the connection to the service was lost; watching again");
        Thread.sleep(250);
      }
      if (JobText.isOver(state)) {
        return JobText.phase(state).equals("completed") ? 0 : ExitCode.FAILURE;
      }
    }
  }

  /**
   * Shows a change.
   *
   * @param patch a merge patch; the first one is the whole job
   */
  private void show(JsonNode patch) {
    state = MergePatch.applied(state, patch);
    if (json) {
      terminal.out().println(state);
      return;
    }
    String line = JobText.line(state);
    if (line.equals(last)) {
      return;
    }
    last = line;
    if (terminal.live()) {
      terminal.err().print("\r\u001b[K" + line);
      terminal.err().flush();
      if (JobText.isOver(state)) {
        terminal.err().println();
      }
    } else {
      terminal.err().println(line);
    }
  }
}
