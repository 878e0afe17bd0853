package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.http.Feeding;
import io.halfstep.http.InferenceRequest;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.ImageSpec;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.NamedTensor;
import java.io.IOException;
import java.io.InputStream;
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
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code halfstep feed}. */
@Command(
    name = "feed",
    sortOptions = false,
    customSynopsis = "halfstep feed JOB --data=PATH... [--samples=N]%n",
    description = {
      "Sends samples to a job, in order, each once: if it is repeated or the service restarts, it"
          + " continues where it was. Waits while the service is overloaded.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  halfstep feed mymodel-1 --data samples.npz",
      "  cat samples.npy | halfstep feed mymodel-1 --data -"
    })
public final class FeedCommand implements Callable<Integer> {
  private static final int REQUEST_SAMPLES = 64;

  private final Terminal terminal;

  @Parameters(paramLabel = "JOB", description = "A job's id, or the name of its model.")
  private String job = "";

  @Option(
      names = "--data",
      arity = "1..*",
      required = true,
      paramLabel = "PATH",
      description = "Samples, as for 'halfstep quantize'; - reads .npy, .npz or .pb from stdin.")
  private List<String> data = new ArrayList<>();

  @Option(
      names = "--image",
      paramLabel = "SPEC",
      description = "How images become samples, as for 'halfstep quantize'.")
  private @Nullable String image;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Send only the first N samples. Default: all.")
  private long samples = Dataset.ALL;

  @Option(
      names = "--producer",
      paramLabel = "NAME",
      description =
          "The name of the producer: the service takes each sample of a producer once. Default: the"
              + " data's names; for stdin a new name.")
  private @Nullable String producer;

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  public FeedCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    ServiceClient client = service.client(terminal.err());
    String path = "/v2/models/" + ServiceClient.encoded(job);
    JsonNode model = client.get(path);
    String id = model.path("parameters").path("job").asText(job);
    @Nullable Path standardInput = data.contains("-") ? readStandardInput() : null;
    try {
      List<String> sources =
          data.stream()
              .map(each -> each.equals("-") ? String.valueOf(standardInput) : each)
              .toList();
      Dataset dataset =
          Dataset.open(
              sources,
              ports(model),
              Normalization.NONE,
              image == null ? ImageSpec.DEFAULT : ImageSpec.parse(image));
      return feed(client, id, dataset);
    } finally {
      if (standardInput != null) {
        Files.deleteIfExists(standardInput);
      }
    }
  }

  private static Path readStandardInput() throws IOException {
    InputStream in = System.in;
    byte[] magic = in.readNBytes(2);
    String extension =
        magic.length == 2 && magic[0] == 'P' && magic[1] == 'K'
            ? ".npz"
            : magic.length == 2 && (magic[0] & 0xff) == 0x93 ? ".npy" : ".pb";
    Path file = Files.createTempFile("halfstep-feed-", extension);
    try (var out = Files.newOutputStream(file)) {
      out.write(magic);
      in.transferTo(out);
    }
    return file;
  }

  private static List<InputPort> ports(JsonNode model) {
    List<InputPort> ports = new ArrayList<>();
    for (JsonNode input : model.path("inputs")) {
      long[] shape = new long[input.path("shape").size()];
      for (int axis = 0; axis < shape.length; axis++) {
        shape[axis] = input.path("shape").get(axis).asLong();
      }
      ports.add(
          new InputPort(
              input.path("name").asText(),
              Feeding.elementType(input.path("datatype").asText()),
              shape));
    }
    if (ports.isEmpty()) {
      throw new InvalidInputException("the job has ended; it takes no more samples");
    }
    return ports;
  }

  private int feed(ServiceClient client, String id, Dataset dataset) throws InterruptedException {
    String from =
        producer != null
            ? producer
            : data.contains("-") ? "stdin " + UUID.randomUUID() : "files " + String.join(" ", data);
    long position = position(client, id, from);
    long taken = 0;
    long skipped = position;
    if (position > 0) {
      terminal.err().printf("%d samples were sent before; continuing after them%n", position);
    }
    try (BatchReader batches = dataset.batches(REQUEST_SAMPLES, samples)) {
      for (SampleBatch batch = batches.next(); batch != null; batch = batches.next()) {
        if (batch.numbers()[batch.samples() - 1] < skipped) {
          continue;
        }
        JsonNode receipt = send(client, id, batch, from);
        taken += receipt.path("taken").asLong();
        if (receipt.path("taken").asLong() + receipt.path("duplicates").asLong()
            < receipt.path("offered").asLong()) {
          terminal.out().printf("%d samples taken; the job has all that it needs%n", taken);
          return 0;
        }
      }
    }
    terminal.out().printf("%d samples taken%n", taken);
    return 0;
  }

  private long position(ServiceClient client, String id, String from) throws InterruptedException {
    String path =
        "/jobs/%s/producers/%s".formatted(ServiceClient.encoded(id), ServiceClient.encoded(from));
    return client.get(path).path("position").asLong();
  }

  private JsonNode send(ServiceClient client, String id, SampleBatch batch, String from)
      throws InterruptedException {
    List<NamedTensor> inputs =
        batch.inputs().entrySet().stream()
            .map(input -> new NamedTensor(input.getKey(), input.getValue()))
            .toList();
    InferenceRequest.Binary request =
        new InferenceRequest(null, Feeding.parameters(from, batch.numbers()[0]), inputs).toBinary();
    Map<String, String> headers =
        Map.of(
            "Content-Type",
            "application/octet-stream",
            InferenceRequest.JSON_LENGTH_HEADER,
            Integer.toString(request.jsonLength()));
    String path = "/v2/models/%s/infer".formatted(ServiceClient.encoded(id));
    return client.post(path, headers, request.body()).path("parameters");
  }
}
