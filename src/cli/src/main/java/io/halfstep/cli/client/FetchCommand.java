package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.file.AtomicFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep fetch}. */
@Command(
    name = "fetch",
    sortOptions = false,
    customSynopsis = "halfstep fetch JOB [--of=N] [--out=FILE] [--report=FILE]...%n",
    description = {
      "Downloads a version that a job has published. Exit code 1 if it has published none yet.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  halfstep fetch mymodel-1 --out model.int4.onnx --report report.html"
    })
public final class FetchCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "JOB", description = "A job's id.")
  private String job = "";

  @Option(names = "--of", paramLabel = "VERSION", description = "Default: the current one.")
  private String version = "latest";

  @Option(names = "--out", paramLabel = "FILE", description = "Where to write the model.")
  private @Nullable Path out;

  @Option(names = "--report", paramLabel = "FILE.html", description = "Where to write the report.")
  private @Nullable Path report;

  @Option(
      names = "--encodings",
      paramLabel = "FILE.json",
      description = "Where to write every scale and zero point.")
  private @Nullable Path encodings;

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public FetchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (out == null && report == null && encodings == null) {
      throw new InvalidInputException("--out is missing; name the file to write the model to");
    }
    ServiceClient client = service.client(terminal.err());
    JsonNode state = client.job(job);
    if (state.path("versions").isEmpty()) {
      terminal.err().println("halfstep: " + Unpublished.of(state, service.given()));
      return ExitCode.FAILURE;
    }
    fetch(client, "model", out);
    fetch(client, "report", report);
    fetch(client, "encodings", encodings);
    return 0;
  }

  private void fetch(ServiceClient client, String what, @Nullable Path target)
      throws InterruptedException {
    if (target != null) {
      byte[] content =
          client
              .fetch(
                  "%s/versions/%s/%s"
                      .formatted(ServiceClient.path(job), ServiceClient.encoded(version), what))
              .bytes();
      AtomicFile.write(target, content);
      terminal.out().printf("%s: %d bytes%n", target, content.length);
    }
  }
}
