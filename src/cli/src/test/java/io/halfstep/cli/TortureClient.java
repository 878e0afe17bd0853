package io.halfstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.ServiceProcess.Answer;
import io.halfstep.http.InferenceRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A random user of the service: submits jobs one after the other, feeds, pauses, resumes, seals,
 * cancels, views and deletes them. Published models are compared with those of {@code halfstep
 * quantize} for the same samples.
 *
 * <p>The service may be killed meanwhile: a request without a reply may have been processed.
 */
final class TortureClient {
  private static final int[] WINDOWS = {8, 12, 16, 24};

  private final ServiceProcess service;
  private final TinyNetwork network;
  private final TortureFindings findings;
  private final AtomicLong operations;
  private final String name;
  private final Random random;

  /** Whether the service's counts are complete, since it is not killed. */
  private final boolean exact;

  private int submissions;
  private @Nullable String id;
  private int window;
  private int versions;

  /** The requests sent to the job, with or without a reply. */
  private boolean seal;

  private boolean cancel;
  private boolean delete;

  /** The samples taken; those that a version does not need are skipped. */
  private final List<Long> taken = new ArrayList<>();

  /** The number of samples sent, and whether each one was answered. */
  private long offered;

  private boolean answered;

  TortureClient(
      ServiceProcess service,
      TinyNetwork network,
      TortureFindings findings,
      AtomicLong operations,
      int number,
      boolean exact) {
    this.service = service;
    this.network = network;
    this.findings = findings;
    this.operations = operations;
    this.name = "client" + number + "x";
    this.random = new Random(number);
    this.exact = exact;
  }

  /** Runs jobs as long as wanted, then deletes the last one. */
  void run(BooleanSupplier wanted) throws InterruptedException {
    while (wanted.getAsBoolean()) {
      attempt(this::step);
    }
    for (int i = 0; id != null && i < 600; i++) {
      attempt(this::delete);
    }
    findings.check("no job is left of a client", id == null, id);
  }

  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  private void attempt(Step step) throws InterruptedException {
    operations.incrementAndGet();
    try {
      step.run();
    } catch (IOException e) {
      findings.unanswered("request");
      answered = false;
      Thread.sleep(100);
    }
  }

  private void step() throws IOException, InterruptedException {
    if (id == null) {
      submit();
      return;
    }
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3, 4, 5 -> feed();
      case 6 -> ask("pause");
      case 7, 8 -> ask("resume");
      case 9 -> sealOrCancel();
      case 10 -> findings.expect("list", service.get("/jobs?limit=1000"), 200);
      case 11 -> findings.expect("metrics", service.get("/metrics"), 200);
      case 12 -> findings.expect("watch", service.get("/v2/models/" + id), 200, 404, 503);
      default -> look();
    }
  }

  private void submit() throws IOException, InterruptedException {
    String model = name + submissions++;
    window = WINDOWS[random.nextInt(WINDOWS.length)];
    versions = random.nextInt(6) == 0 ? 2 : 1;
    Answer answer =
        findings.expect(
            "submit",
            service.submit(
                network.model(),
                "name=%s&samples=%d&versions=%d".formatted(model, window, versions),
                TinyNetwork.PLAN),
            201,
            503,
            507);
    if (answer.status() == 201) {
      id = answer.body().path("id").asText();
      seal = false;
      cancel = false;
      delete = false;
      offered = 0;
      answered = true;
      taken.clear();
    }
  }

  private void feed() throws IOException, InterruptedException {
    Answer answer =
        findings.expect(
            "position", service.get("/jobs/" + id + "/producers/p"), 200, 404, 409, 503);
    if (answer.status() != 200) {
      return;
    }
    long position = answer.body().path("position").asLong();
    int count = 1 + random.nextInt(6);
    InferenceRequest.Binary request = TinyNetwork.request("p", position, count);
    Answer fed =
        findings.expect(
            "feed",
            service.post(
                "/v2/models/" + id + "/infer",
                request.body(),
                "Content-Type",
                "application/octet-stream",
                InferenceRequest.JSON_LENGTH_HEADER,
                Integer.toString(request.jsonLength())),
            202,
            404,
            409,
            429,
            503,
            507);
    offered += count;
    JsonNode receipt = fed.body().path("parameters");
    long first = position + receipt.path("duplicates").asLong();
    LongStream.range(first, first + receipt.path("taken").asLong()).forEach(taken::add);
  }

  private void ask(String what) throws IOException, InterruptedException {
    findings.expect(
        what, service.post("/jobs/" + id + "/" + what, new byte[0]), 200, 404, 409, 503);
  }

  private void sealOrCancel() throws IOException, InterruptedException {
    if (random.nextInt(3) == 0) {
      seal = true;
      ask("seal");
    } else if (random.nextInt(3) == 0) {
      cancel = true;
      ask("cancel");
    }
  }

  private void look() throws IOException, InterruptedException {
    Answer answer = findings.expect("look", service.get("/jobs/" + id), 200, 404);
    if (answer.status() == 404) {
      findings.check("what was submitted is there", delete, id);
      id = null;
      return;
    }
    JsonNode job = answer.body();
    switch (job.path("status").asText()) {
      case "failed" -> findings.fault("failed: " + job);
      case "cancelled" -> {
        findings.check("only what was cancelled is", cancel, job);
        delete();
      }
      case "completed" -> {
        published(job);
        delete();
      }
      default -> Thread.sleep(random.nextInt(10));
    }
  }

  private void published(JsonNode job) throws IOException, InterruptedException {
    findings.check("as many versions as wanted", job.path("versions").size() == versions, job);
    if (!answered) { // skipped samples are unknown; the first were taken
      taken.clear();
      LongStream.range(0, window).forEach(taken::add);
    }
    int from = 0;
    for (int version = 1; version <= (answered ? versions : 1); version++) {
      int samples = job.path("versions").path(version - 1).path("samples").asInt();
      findings.check("as many samples as wanted", samples == window || seal, job);
      Answer model =
          findings.expect(
              "fetch", service.get("/jobs/%s/versions/%d/model".formatted(id, version)), 200);
      List<Long> these = List.copyOf(taken.subList(from, Math.min(from + samples, taken.size())));
      findings.check(
          "the model is that of quantize",
          Arrays.equals(model.response().body(), network.quantized(these)),
          these + " " + job);
      from += samples;
    }
    if (exact && answered) {
      JsonNode samples = job.path("samples");
      long refused = 0;
      for (JsonNode count : samples.path("refused")) {
        refused += count.asLong();
      }
      findings.check(
          "offered = taken + skipped + refused",
          offered == samples.path("taken").asLong() + samples.path("skipped").asLong() + refused,
          offered + " offered, " + job);
    }
  }

  private void delete() throws IOException, InterruptedException {
    delete = true;
    Answer answer = findings.expect("delete", service.delete("/jobs/" + id), 200, 404, 503);
    if (answer.status() != 503) {
      id = null;
    } else {
      Thread.sleep(100);
    }
  }
}
