package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.halfstep.cli.options.PlanOptions;
import io.halfstep.cli.options.SettingOptions;
import io.halfstep.cli.options.SettingsCommand;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.PlanText;
import io.halfstep.plan.SettingValues;
import io.halfstep.service.JobPlan;
import java.io.FileNotFoundException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep submit}. */
@Command(
    name = "submit",
    sortOptions = false,
    customSynopsis = "halfstep submit MODEL [--name=NAME] [OPTION]...%n",
    description = {
      "Submits a model to the service, and prints the new job's id, and on stderr what to do next.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  halfstep submit model.onnx --samples 1024 --weights 4 --activations float"
    })
public final class SubmitCommand implements Callable<Integer>, SettingsCommand {
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
      description = "The model's name in inference requests. Default: the file's name.")
  private @Nullable String name;

  @Option(
      names = "--sampling",
      paramLabel = "SHARE",
      description = "The share of offered samples to take, e.g. 0.01. Default: 1.")
  private double sampling = 1;

  @Option(
      names = "--topic",
      paramLabel = "NAME",
      description = "A Kafka topic to take samples from as well.")
  private @Nullable String topic;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "A folder on the service's machine to take files of samples from as well.")
  private @Nullable String folder;

  @Option(
      names = "--versions",
      paramLabel = "N",
      description =
          "How many versions to publish, each from new samples; 0: one after another until the"
              + " job is cancelled. Default: 1.")
  private int versions = 1;

  @Option(names = "--quiet", description = "Print the job's id only.")
  private boolean quiet;

  @Option(
      names = "--every",
      paramLabel = "TIME",
      description = "After how long a version is made from fewer samples, e.g. 30 m, 6 h.")
  private @Nullable String every;

  @Option(
      names = "--half-life",
      paramLabel = "SAMPLES",
      description =
          "After how many new samples earlier ones count half; 0: they don't count at all."
              + " Default: twice the samples of a version with --versions 0, else 0.")
  private @Nullable Long halfLife;

  @Option(names = "--json", description = "Print the job as one line of JSON.")
  private boolean json;

  private final SettingOptions samples = new SettingOptions(JobPlan.SETTINGS);
  private final PlanOptions planOptions = new PlanOptions();

  @ArgGroup(validate = false, order = 1, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public SubmitCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void addOptions(CommandSpec command) {
    samples.addTo(command, "Samples:");
    planOptions.addTo(command);
  }

  @Override
  public Integer call() throws InterruptedException, FileNotFoundException {
    if (!Files.isRegularFile(model)) {
      throw new InvalidInputException(model + ": no such file, expected an ONNX model");
    }
    PlanFile file = planOptions.read();
    Plan plan = planOptions.over(file.plan());
    SettingValues ofJob = samples.given().over(file.data().values());
    StringBuilder path = new StringBuilder("/jobs?versions=" + versions + "&sampling=" + sampling);
    add(path, "name", name);
    add(path, "topic", topic);
    add(path, "folder", folder);
    add(path, "every", every == null ? null : Long.toString(seconds(every)));
    add(path, "half-life", halfLife == null ? null : halfLife.toString());
    String boundary = "halfstep-" + UUID.randomUUID();
    JsonNode job =
        service
            .client(terminal.err())
            .post(
                path.toString(),
                "multipart/form-data; boundary=" + boundary,
                body(boundary, PlanText.of(plan, ofJob)));
    terminal.out().println(json ? job.toString() : JobText.id(job));
    if (!json && !quiet) {
      sayNext(job);
    }
    return 0;
  }

  private static long seconds(String time) {
    long seconds = 0;
    try {
      seconds = ConfigFactory.parseMap(Map.of("t", time)).getDuration("t").toSeconds();
    } catch (ConfigException e) {
      seconds = 0; // not a time
    }
    if (seconds < 1) {
      throw new InvalidInputException(
          "--every: found '%s', expected a time of at least 1 s, e.g. 30 m or 6 h".formatted(time));
    }
    return seconds;
  }

  private void sayNext(JsonNode job) {
    String id = JobText.id(job);
    String options = service.given();
    terminal
        .err()
        .printf("It takes %d samples. Next:%n", job.path("samples").path("wanted").asLong());
    terminal.err().printf("  halfstep feed %s --data PATH%s%n", id, options);
    terminal.err().printf("  halfstep watch %s%s%n", id, options);
    terminal
        .err()
        .printf(
            "  halfstep fetch %s --out %s.quantized.onnx%s%n",
            id, job.path("model").asText(), options);
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
