package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.halfstep.cli.client.ServiceClient.RefusedException;
import io.halfstep.cli.terminal.Json;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.cli.terminal.TextTable;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep versions}. */
@Command(
    name = "versions",
    sortOptions = false,
    customSynopsis = "halfstep versions JOB [--json]%n",
    description = {
      "Lists the versions that a job has published. SQNR is that of the model's output, in dB,"
          + " measured on samples held back; the lowest, if it has several outputs.",
      ""
    })
public final class VersionsCommand implements Callable<Integer> {
  private static final String OUTPUTS = "outputs";

  private final Terminal terminal;

  @Parameters(paramLabel = "JOB", description = "A job's id.")
  private String job = "";

  @Option(
      names = "--json",
      description = "Print them as one line of JSON, with the SQNR of each output.")
  private boolean json;

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public VersionsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    ServiceClient client = service.client(terminal.err());
    JsonNode state = client.job(job);
    List<JsonNode> versions = new ArrayList<>();
    for (JsonNode version : state.path("versions")) {
      versions.add(withOutputs(client, version));
    }
    if (json) {
      terminal.out().println(Json.line(Map.of("job", job, "versions", versions)));
    } else if (versions.isEmpty()) {
      terminal.err().println(Unpublished.of(state, service.given()));
    } else {
      print(versions);
    }
    return 0;
  }

  /** Adds the SQNR of each output, which is in the version's summary. */
  private JsonNode withOutputs(ServiceClient client, JsonNode version) throws InterruptedException {
    String path =
        "%s/versions/%d/summary"
            .formatted(ServiceClient.path(job), version.path("version").asInt());
    ObjectNode all = version.deepCopy();
    try {
      all.set(OUTPUTS, client.get(path).path(OUTPUTS));
    } catch (RefusedException e) { // removed in the meantime
      all.putObject(OUTPUTS);
    }
    return all;
  }

  private void print(List<JsonNode> versions) {
    TextTable table = new TextTable(2, "VERSION", "PUBLISHED", "SAMPLES", "SQNR dB", "SIZE");
    for (JsonNode version : versions) {
      table.row(
          version.path("version").asText(),
          version.path("published").asText(),
          version.path("samples").asText(),
          Figures.number(lowest(version.path(OUTPUTS)), 1),
          Figures.bytes(version.path("bytes").asLong()));
    }
    List<String> rows = table.lines();
    terminal.out().println(rows.get(0));
    for (int i = 0; i < versions.size(); i++) {
      terminal.out().println(rows.get(i + 1));
      JobText.lines(versions.get(i).path("notes"))
          .forEach(note -> terminal.out().println("  note: " + note));
    }
  }

  private static double lowest(JsonNode outputs) {
    double lowest = Double.NaN;
    for (JsonNode decibels : outputs) {
      if (decibels.isNumber() && !(lowest <= decibels.asDouble())) {
        lowest = decibels.asDouble();
      }
    }
    return lowest;
  }
}
