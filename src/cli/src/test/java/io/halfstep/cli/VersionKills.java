package io.halfstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.cli.ServiceProcess.Answer;
import io.halfstep.http.InferenceRequest;
import io.halfstep.service.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Kills a service while an unending job publishes a version, removes what it no longer needs, or is
 * rolled back. After each restart the job must have all versions that it had and keeps, each as
 * {@code halfstep quantize} computes it from the version's samples, and no other files of versions.
 * The long form is {@code src/bench/kill-versions.sh}.
 */
final class VersionKills implements AutoCloseable {
  private static final int SAMPLES = 8;
  private static final int KEEP = 3;

  /** What a kill interrupts. */
  enum Moment {
    PUBLISHING,
    TRIMMING,
    ROLLING_BACK
  }

  private final Random random;
  private final TinyNetwork network;
  private final ServiceProcess service;
  private final String id;

  /** The newest version that was seen. */
  private int newest;

  /** The current version; 0 if the last roll back was not answered. */
  private int current;

  /** The time in ms from the last sample of a version to its publication. */
  private long publishing = 500;

  VersionKills(Path folder, long seed) throws IOException, InterruptedException {
    random = new Random(seed);
    network = new TinyNetwork(folder.resolve("tiny"));
    service =
        ServiceProcess.start(
            folder.resolve("service"),
            folder.resolve("state"),
            """
            halfstep.service.jobs.keep-versions = %d
            halfstep.service.jobs.checkpoint-every = 100 ms
            halfstep.service.publish.wait = 0 s
            """
                .formatted(KEEP));
    id =
        service
            .submit(
                network.model(),
                "name=net&versions=0&half-life=0&samples=" + SAMPLES,
                TinyNetwork.PLAN)
            .body()
            .path("id")
            .asText();
    for (int version = 0; version < KEEP; version++) {
      feed();
      published();
    }
  }

  /** Feeds the samples of the next version; those that the service has already are not taken. */
  private void feed() throws IOException, InterruptedException {
    InferenceRequest.Binary request =
        TinyNetwork.request("kills", (long) newest * SAMPLES, SAMPLES);
    Await.until(
        "fed",
        () ->
            service
                    .post(
                        "/v2/models/net/infer",
                        request.body(),
                        InferenceRequest.JSON_LENGTH_HEADER,
                        Integer.toString(request.jsonLength()))
                    .status()
                == 202);
  }

  private void published() throws IOException, InterruptedException {
    long start = System.nanoTime();
    service.awaitJob(id, "published", job -> newest(job) > newest);
    publishing = Math.max(1, (System.nanoTime() - start) / 1_000_000);
    newest++;
    current = newest;
  }

  private static int newest(JsonNode job) {
    JsonNode versions = job.path("versions");
    return versions.isEmpty() ? 0 : versions.get(versions.size() - 1).path("version").asInt();
  }

  /** Kills the service at this moment, restarts it, and checks what it has. */
  void kill(Moment moment) throws IOException, InterruptedException {
    switch (moment) {
      case PUBLISHING -> {
        feed();
        Thread.sleep(random.nextLong(publishing * 3 / 2));
      }
      case TRIMMING -> {
        feed();
        published();
        Thread.sleep(random.nextLong(20));
      }
      case ROLLING_BACK -> rollBack();
    }
    service.kill();
    service.start();
    if (moment == Moment.PUBLISHING) {
      feed(); // what was not stored before
      published();
    }
    check();
  }

  /** Requests a roll back that may or may not be answered before the kill. */
  private void rollBack() throws InterruptedException {
    int before = newest - 1;
    CompletableFuture<Answer> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return service.post(
                    "/jobs/%s/rollback?version=%d".formatted(id, before), new byte[0]);
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e); // killed meanwhile
              }
            });
    Thread.sleep(random.nextLong(30));
    boolean acknowledged =
        answer.isDone() && !answer.isCompletedExceptionally() && answer.join().status() == 200;
    current = acknowledged ? before : 0;
  }

  private void check() throws IOException, InterruptedException {
    List<String> kept =
        IntStream.rangeClosed(Math.max(1, newest - KEEP + 1), newest)
            .mapToObj(Integer::toString)
            .sorted()
            .toList();
    JsonNode job = service.awaitJob(id, "dropped", now -> listed(now).equals(kept));
    Await.until("only what is kept", () -> folders().equals(kept));
    int used = job.path("current").asInt();
    if (current == 0 ? used < newest - 1 || used > newest : used != current) {
      throw new IllegalStateException(
          "expected version %d as the newest, %d as the current one; found %s"
              .formatted(newest, current, job));
    }
    current = used;
    for (String version : kept) {
      model(Integer.parseInt(version));
    }
    if (!Arrays.equals(service.published(id, "model"), model(used))) {
      throw new IllegalStateException("the latest version is not version " + used);
    }
  }

  /** Fetches a version, and compares it with what its samples give. */
  private byte[] model(int version) throws IOException, InterruptedException {
    byte[] model = file(version, "model");
    long first = (version - 1L) * SAMPLES;
    byte[] expected = network.quantized(LongStream.range(first, first + SAMPLES).boxed().toList());
    if (!Arrays.equals(model, expected)) {
      throw new IllegalStateException("version " + version + " differs from what quantize gives");
    }
    JsonNode summary = new ObjectMapper().readTree(file(version, "summary"));
    if (summary.path("bytes").asInt() != model.length
        || file(version, "encodings").length == 0
        || file(version, "report").length == 0) {
      throw new IllegalStateException("version " + version + " is torn: " + summary);
    }
    return model;
  }

  private byte[] file(int version, String file) throws IOException, InterruptedException {
    Answer answer = service.get("/jobs/%s/versions/%d/%s".formatted(id, version, file));
    if (answer.status() != 200) {
      throw new IllegalStateException(
          "%s of version %d: %d %s".formatted(file, version, answer.status(), answer.error()));
    }
    return answer.response().body();
  }

  private static List<String> listed(JsonNode job) {
    List<String> listed = new ArrayList<>();
    job.path("versions").forEach(version -> listed.add(version.path("version").asText()));
    return listed.stream().sorted().toList();
  }

  private List<String> folders() throws IOException {
    try (Stream<Path> all = Files.list(service.state().resolve("jobs/" + id + "/versions"))) {
      return all.map(folder -> folder.getFileName().toString()).sorted().toList();
    }
  }

  int newest() {
    return newest;
  }

  @Override
  public void close() {
    service.close();
  }

  /** Arguments: the folder, the number of kills, the seed. */
  public static void main(String[] args) throws Exception {
    int kills = Integer.parseInt(args[1]);
    try (VersionKills driver = new VersionKills(Path.of(args[0]), Long.parseLong(args[2]))) {
      for (int kill = 1; kill <= kills; kill++) {
        Moment moment = Moment.values()[kill % Moment.values().length];
        driver.kill(moment);
        System.out.printf(
            "{\"kill\": %d, \"moment\": \"%s\", \"versions\": %d}%n",
            kill, moment.name().toLowerCase(Locale.ROOT), driver.newest());
      }
    }
  }
}
