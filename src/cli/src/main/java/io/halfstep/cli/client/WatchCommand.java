package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.http.MergePatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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
  private static final String DATA = "data:";

  private final Terminal terminal;

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
  public Integer call() throws InterruptedException, IOException {
    String path = "/jobs/" + ServiceClient.encoded(job);
    ServiceClient client = service.client(terminal.err());
    String last = "";
    while (true) {
      client.get(path); // waits while the service is unavailable
      ObjectNode state = new ObjectMapper().createObjectNode();
      try (BufferedReader events =
          new BufferedReader(
              new InputStreamReader(client.events(path + "/events"), StandardCharsets.UTF_8))) {
        for (String line = events.readLine(); line != null; line = events.readLine()) {
          if (line.startsWith(DATA) && line.length() > DATA.length()) {
            // the first event has the whole job, later ones merge patches
            state =
                MergePatch.applied(
                    state, new ObjectMapper().readTree(line.substring(DATA.length())));
            last = show(state, last);
          }
        }
      } catch (IOException e) {
        terminal.err().println("halfstep: the connection to the service was lost; watching again");
        Thread.sleep(250);
      }
      switch (state.path("status").asText()) {
        case "completed" -> {
          return 0;
        }
        case "failed", "cancelled" -> {
          return ExitCode.FAILURE;
        }
        default -> {}
      }
    }
  }

  private String show(JsonNode state, String last) {
    if (json) {
      terminal.out().println(state);
      return last;
    }
    String line = StatusCommand.line(state);
    if (!line.equals(last)) {
      if (terminal.live()) {
        terminal.err().print("\r\u001b[K" + line);
        terminal.err().flush();
        if (state.path("status").asText().matches("completed|cancelled|failed")) {
          terminal.err().println();
        }
      } else {
        terminal.err().println(line);
      }
    }
    return line;
  }
}
