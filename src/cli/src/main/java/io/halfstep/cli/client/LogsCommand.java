package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.terminal.Terminal;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep logs}. */
@Command(
    name = "logs",
    sortOptions = false,
    customSynopsis = "halfstep logs JOB [--follow] [--lines=N]%n",
    description = {
      "Prints the newest lines that the service has logged about a job since it started.",
      ""
    })
public final class LogsCommand implements Callable<Integer> {
  private final Terminal terminal;
  private long lastNumber;
  private Instant lastTime = Instant.MIN;

  @Parameters(paramLabel = "JOB", description = "A job's id.")
  private String job = "";

  @Option(
      names = {"-f", "--follow"},
      description = "Print further lines until the job ends.")
  private boolean follow;

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "N",
      description = "How many lines, up to 1000. Default: 100.")
  private int lines = 100;

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public LogsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    ServiceClient client = service.client(terminal.err());
    String path = ServiceClient.path(job) + "/logs?lines=" + lines;
    if (follow) {
      follow(client, path + "&follow=true");
    } else {
      client.get(path).path("lines").forEach(this::print);
    }
    return 0;
  }

  private void follow(ServiceClient client, String path) throws InterruptedException {
    boolean over = false;
    while (!over) {
      client.job(job); // waits while the service is unavailable
      try {
        EventData.read(client.events(path), this::printNew);
        over = JobText.isOver(client.job(job));
      } catch (IOException e) {
        terminal.err().println("halfstep: the connection to the service was lost; following again");
        Thread.sleep(250);
      }
    }
  }

  /** Prints a line unless it was printed before the connection was lost. */
  private void printNew(JsonNode line) {
    long number = line.path("number").asLong(); // begins anew when the service starts
    Instant time = Instant.parse(line.path("time").asText());
    if (number > lastNumber || time.isAfter(lastTime)) {
      lastNumber = number;
      lastTime = time;
      print(line);
    }
  }

  private void print(JsonNode line) {
    String layer = line.path("layer").asText();
    terminal
        .out()
        .printf(
            "%s %-5s %s%s: %s%n",
            line.path("time").asText(),
            line.path("level").asText(),
            layer.isEmpty() ? "" : layer + " ",
            line.path("logger").asText(),
            line.path("message").asText());
  }
}
