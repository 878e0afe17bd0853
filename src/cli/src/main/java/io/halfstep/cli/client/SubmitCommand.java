package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.options.PlanOptions;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.PlanText;
import io.halfstep.plan.RunOptions;
import java.io.FileNotFoundException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep submit}. */
@Command(
    name = "submit",
    sortOptions = false,
    customSynopsis = "halfstep submit MODEL [--name=NAME] [OPTION]...%n",
    description = {"Gives the service a model to quantize, and prints the new job's id.", ""},
    footer = {
      "",
      "Example:",
      "  halfstep submit model.onnx --samples 1024 --weights 4 --activations float"
    })
public final class SubmitCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "MODEL", description = "The float model, ONNX opset 7 and later.")
  private Path model = Path.of("");

  @Option(
      names = "--with",
      paramLabel = "FILE",
      arity = "1..*",
      description = "Files of external data that the model refers to.")
  private List<Path> externalData = new ArrayList<>();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What inference requests call the model. Default: the file's name.")
  private @Nullable String name;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "How many samples to learn from. Default: 1024.")
  private @Nullable Long samples;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Samples per batch. Default: 32, fewer where activations are large.")
  private @Nullable Integer batch;

  @Option(
      names = "--normalize",
      paramLabel = "SPEC",
      description =
          "For samples that the model does not normalize itself; as for 'halfstep quantize'.")
  private List<String> normalize = new ArrayList<>();

  @Option(
      names = "--sampling",
      paramLabel = "SHARE",
      description = "Which share of mirrored traffic to take, e.g. 0.01. Default: 1.")
  private double sampling = 1;

  @Option(
      names = "--topic",
      paramLabel = "NAME",
      description = "A Kafka topic to take samples from besides.")
  private @Nullable String topic;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "A folder of the service's to take files of samples from besides.")
  private @Nullable String folder;

  @Option(
      names = "--versions",
      paramLabel = "N",
      description =
          "How many versions to publish, each from samples of its own; 0: one after another until"
              + " the job is cancelled. Default: 1.")
  private int versions = 1;

  @Option(names = "--json", description = "Print the job as one line of JSON.")
  private boolean json;

  @ArgGroup(validate = false, heading = "%nQuantization:%n")
  private PlanOptions planOptions = new PlanOptions();

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public SubmitCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, FileNotFoundException {
    if (!Files.isRegularFile(model)) {
      throw new InvalidInputException(model + ": no such file, expected an ONNX model");
    }
    PlanFile file = planOptions.read();
    Plan plan = planOptions.over(file.plan());
    RunOptions given =
        new RunOptions(
            List.of(), normalize, null, samples, batch, null, null, null, null, null, null, null,
            null);
    StringBuilder path = new StringBuilder("/jobs?versions=" + versions + "&sampling=" + sampling);
    add(path, "name", name);
    add(path, "topic", topic);
    add(path, "folder", folder);
    String boundary = "halfstep-" + UUID.randomUUID();
    JsonNode job =
        service
            .client(terminal.err())
            .post(
                path.toString(),
                "multipart/form-data; boundary=" + boundary,
                body(boundary, PlanText.of(plan, given.over(file.options()))));
    terminal.out().println(json ? job.toString() : job.path("id").asText());
    return 0;
  }

  private static void add(StringBuilder path, String parameter, @Nullable String value) {
    if (value != null) {
      path.append('&').append(parameter).append('=').append(ServiceClient.encoded(value));
    }
  }

  private BodyPublisher body(String boundary, String plan) throws FileNotFoundException {
    List<BodyPublisher> parts = new ArrayList<>();
    parts.add(text(head(boundary, "plan", "plan.conf") + plan + "\r\n"));
    for (Path data : externalData) {
      add(parts, boundary, "data", data);
    }
    add(parts, boundary, "model", model);
    parts.add(text("--" + boundary + "--\r\n"));
    return BodyPublishers.concat(parts.toArray(BodyPublisher[]::new));
  }

  private static void add(List<BodyPublisher> parts, String boundary, String part, Path file)
      throws FileNotFoundException {
    parts.add(text(head(boundary, part, String.valueOf(file.getFileName()))));
    parts.add(BodyPublishers.ofFile(file));
    parts.add(text("\r\n"));
  }

  private static BodyPublisher text(String text) {
    return BodyPublishers.ofString(text, StandardCharsets.UTF_8);
  }

  private static String head(String boundary, String part, String file) {
    return "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        .formatted(boundary, part, file);
  }
}
