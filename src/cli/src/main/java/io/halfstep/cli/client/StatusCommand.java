package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.terminal.Json;
import io.halfstep.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    description = {"Shows the service's jobs, or one of them. 'halfstep watch' follows one.", ""})
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
    List<JsonNode> jobs =
        job == null ? all(client) : List.of(client.get("/jobs/" + ServiceClient.encoded(job)));
    if (json) {
      terminal.out().println(Json.line(job == null ? Map.of("jobs", jobs) : jobs.get(0)));
      return 0;
    }
    if (jobs.isEmpty()) {
      terminal.out().println("no jobs");
    }
    for (JsonNode each : jobs) {
      terminal.out().println(line(each));
      notes(each).forEach(note -> terminal.out().println("  note: " + note));
    }
    return 0;
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

  /** Returns the notes about the samples of the version under way, else of the last one. */
  static List<String> notes(JsonNode job) {
    int versions = job.path("versions").size();
    JsonNode notes = job.path("notes");
    if (notes.isEmpty() && versions > 0) {
      notes = job.path("versions").get(versions - 1).path("notes");
    }
    List<String> lines = new ArrayList<>();
    notes.forEach(note -> lines.add(note.asText()));
    return lines;
  }

  /** Returns a job in one line. */
  static String line(JsonNode job) {
    StringBuilder line = new StringBuilder();
    line.append("%-20s %-12s".formatted(job.path("id").asText(), job.path("status").asText()));
    JsonNode samples = job.path("samples");
    JsonNode progress = job.path("progress");
    if (progress.isObject()) {
      line.append(
          "%d/%d samples  %s %.0f %%  %d layers rounded"
              .formatted(
                  samples.path("collected").asLong(),
                  samples.path("wanted").asLong(),
                  progress.path("pass").asText(),
                  100 * progress.path("share").asDouble(),
                  progress.path("ratios").size()));
    }
    int versions = job.path("versions").size();
    if (versions > 0) {
      JsonNode last = job.path("versions").get(versions - 1);
      line.append(
          "version %d from %d samples, %d bytes"
              .formatted(
                  last.path("version").asInt(),
                  last.path("samples").asLong(),
                  last.path("bytes").asLong()));
    }
    if (job.hasNonNull("error")) {
      line.append(job.path("error").asText());
    }
    return line.toString();
  }
}
