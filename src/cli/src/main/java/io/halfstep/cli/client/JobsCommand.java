package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.terminal.Json;
import io.halfstep.cli.terminal.Terminal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code halfstep jobs}. */
@Command(
    name = "jobs",
    sortOptions = false,
    customSynopsis = "halfstep jobs [--json]%n",
    description = {
      "Lists the service's jobs in the order of submission. SAMPLES are those of the version under"
          + " way, of those that it needs.",
      ""
    })
public final class JobsCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--json", description = "Print them as one line of JSON.")
  private boolean json;

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public JobsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    list(service.client(terminal.err()), terminal, json);
    return 0;
  }

  static void list(ServiceClient client, Terminal terminal, boolean json)
      throws InterruptedException {
    List<JsonNode> jobs = all(client);
    if (json) {
      terminal.out().println(Json.line(Map.of("jobs", jobs)));
    } else if (jobs.isEmpty()) {
      terminal.err().println("no jobs; 'halfstep submit MODEL' makes one");
    } else {
      JobTable.of(jobs, Instant.now()).forEach(terminal.out()::println);
    }
  }

  /** Fetches all pages of jobs. */
  private static List<JsonNode> all(ServiceClient client) throws InterruptedException {
    List<JsonNode> jobs = new ArrayList<>();
    JsonNode page = client.get("/jobs");
    page.path("jobs").forEach(jobs::add);
    while (page.hasNonNull("next")) {
      page = client.get("/jobs?after=" + ServiceClient.encoded(page.path("next").asText()));
      page.path("jobs").forEach(jobs::add);
    }
    return jobs;
  }
}
