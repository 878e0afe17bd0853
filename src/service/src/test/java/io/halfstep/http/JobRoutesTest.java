package io.halfstep.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.halfstep.http.events.MergePatch;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.Service;
import io.halfstep.service.Submission;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The list of jobs at {@code /jobs} by pages, and their changes. */
@Timeout(120)
class JobRoutesTest {
  private static final int SAMPLES = 24;

  private final Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private Service service;
  private HttpServer server;

  JobRoutesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void start() {
    service =
        Service.start(
            ServiceSettings.read(null)
                .with("state", folder.resolve("state").toString())
                .with("http.port", 0)
                .with("jobs.active", 10),
            new WireRequests(1 << 20));
    server = HttpServer.start(service, () -> "");
  }

  @AfterEach
  void end() {
    server.close();
    service.close();
  }

  private String submit(String name) throws IOException {
    return submit(name, 1);
  }

  private String submit(String name, int versions) throws IOException {
    Path staged = service.stage();
    Files.createDirectory(staged.resolve("model"));
    OnnxGraphs.opset(13)
        .input("x", -1, 4)
        .weight("w", 4, 4)
        .node("MatMul", "a", List.of("x", "w"))
        .node("Relu", "r", List.of("a"))
        .weight("v", 4, 3)
        .node("MatMul", "y", List.of("r", "v"))
        .output("y")
        .write(staged.resolve("model/net.onnx"));
    Files.writeString(staged.resolve("plan.conf"), "batch = 4");
    return service
        .submit(
            new Submission(
                name, staged, "model/net.onnx", (long) SAMPLES, 1, Map.of(), versions, null, 0))
        .toCompletableFuture()
        .join()
        .id();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(server.url() + path)).build(), BodyHandlers.ofString());
  }

  private JsonNode json(String path) throws Exception {
    return new ObjectMapper().readTree(get(path).body());
  }

  private static List<String> ids(JsonNode page) {
    List<String> ids = new ArrayList<>();
    page.path("jobs").forEach(job -> ids.add(job.path("id").asText()));
    return ids;
  }

  @Test
  void jobsComeInPages() throws Exception {
    for (int i = 0; i < 5; i++) {
      submit("net" + i);
    }
    JsonNode first = json("/jobs?limit=2");
    assertThat(ids(first)).containsExactly("net0-1", "net1-2");
    assertThat(first.path("next").asText()).isEqualTo("net1-2");

    service.delete("net1-2").toCompletableFuture().join(); // the next page still begins after it

    JsonNode second = json("/jobs?limit=2&after=net1-2");
    assertThat(ids(second)).containsExactly("net2-3", "net3-4");
    JsonNode last = json("/jobs?limit=2&after=" + second.path("next").asText());
    assertThat(ids(last)).containsExactly("net4-5");
    assertThat(last.has("next")).isFalse();
    assertThat(ids(json("/jobs"))).containsExactly("net0-1", "net2-3", "net3-4", "net4-5");
  }

  @Test
  void aPageThatCannotBeIsAMistake() throws Exception {
    for (String query : new String[] {"limit=0", "limit=1001", "limit=x", "after=nothing"}) {
      HttpResponse<String> answer = get("/jobs?" + query);
      assertThat(answer.statusCode()).as(query).isEqualTo(400);
      assertThat(answer.body()).contains("parameter " + query.replaceAll("=.*", ""), "expected");
    }
  }

  @Test
  void theWholeJobComesOnceAndThenOnlyWhatChanges() throws Exception {
    String id = submit("net");
    HttpResponse<java.util.stream.Stream<String>> events =
        client.send(
            HttpRequest.newBuilder(URI.create(server.url() + "/jobs/" + id + "/events")).build(),
            BodyHandlers.ofLines());
    Iterator<String> lines =
        events.body().filter(line -> line.matches("(event|data): ?\\S.*")).iterator();
    ObjectNode told = new ObjectMapper().createObjectNode();
    int changes = 0;
    boolean fed = false;
    while (lines.hasNext()) {
      String first = lines.next();
      String second = lines.next();
      String data = first.startsWith("data") ? first : second;
      String event = first.startsWith("data") ? second : first;
      JsonNode patch = new ObjectMapper().readTree(data.substring("data:".length()));
      if (told.isEmpty()) {
        assertThat(event).endsWith("job");
        assertThat(patch.path("id").asText()).isEqualTo(id);
      } else {
        changes++;
        assertThat(event).endsWith("change");
        assertThat(patch.fieldNames()).toIterable().doesNotContain("id", "model", "submitted");
        assertThat(MergePatch.between(told, MergePatch.applied(told, patch))).isEqualTo(patch);
      }
      told = MergePatch.applied(told, patch);
      if (!fed) {
        fed = true;
        feed(id);
      }
    }
    assertThat(changes).isPositive();
    assertThat(told).isEqualTo(json("/jobs/" + id));
    assertThat(told.path("status").asText()).isEqualTo("completed");
  }

  @Test
  void publishedFilesAreInert() throws Exception {
    String id = submit("net");
    feed(id);
    while (!json("/jobs/" + id).path("status").asText().equals("completed")) {
      Thread.sleep(20);
    }
    for (String file : List.of("model", "encodings", "report", "summary")) {
      HttpResponse<String> answer = get("/jobs/" + id + "/versions/1/" + file);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
          .contains("default-src 'none'", "sandbox")
          .doesNotContain("script");
      assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    }
  }

  @Test
  void aJobIsRolledBack() throws Exception {
    String id = submit("net", 2);
    assertThat(post("/jobs/" + id + "/rollback").statusCode()).isEqualTo(409);
    for (int version = 1; version <= 2; version++) {
      feed(id);
      while (json("/jobs/" + id).path("current").asInt() < version) {
        Thread.sleep(20);
      }
    }
    assertThat(get("/jobs/" + id + "/versions/latest/summary").body())
        .isEqualTo(get("/jobs/" + id + "/versions/2/summary").body());

    HttpResponse<String> answer = post("/jobs/" + id + "/rollback");

    assertThat(new ObjectMapper().readTree(answer.body()).path("current").asInt()).isEqualTo(1);
    assertThat(get("/jobs/" + id + "/versions/latest/summary").body())
        .isEqualTo(get("/jobs/" + id + "/versions/1/summary").body())
        .isNotEqualTo(get("/jobs/" + id + "/versions/2/summary").body());
    assertThat(post("/jobs/" + id + "/rollback?version=2").statusCode()).isEqualTo(200);
    assertThat(post("/jobs/" + id + "/rollback?version=3").body())
        .contains("no such version: 3; kept: 1, 2");
    assertThat(post("/jobs/" + id + "/rollback?version=x").statusCode()).isEqualTo(400);
  }

  private HttpResponse<String> post(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .header("Halfstep-Client", "test")
            .POST(BodyPublishers.noBody())
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void changesEndWhenTheJobIsDeleted() throws Exception {
    String id = submit("net");
    Iterator<String> lines =
        client
            .send(
                HttpRequest.newBuilder(URI.create(server.url() + "/jobs/" + id + "/events"))
                    .build(),
                BodyHandlers.ofLines())
            .body()
            .iterator();
    assertThat(lines).hasNext();

    service.delete(id).toCompletableFuture().join();

    assertThat(lines).toIterable().noneMatch(line -> line.contains("completed")); // and it ends
  }

  private void feed(String id) throws Exception {
    String data =
        String.join(
            ",",
            IntStream.range(0, SAMPLES * 4).mapToObj(i -> Double.toString(Math.sin(i))).toList());
    String body =
        "{\"inputs\":[{\"name\":\"x\",\"shape\":[%d,4],\"datatype\":\"FP32\",\"data\":[%s]}]}"
            .formatted(SAMPLES, data);
    int status = 503;
    while (status == 503) { // until the job is open
      status =
          client
              .send(
                  HttpRequest.newBuilder(URI.create(server.url() + "/v2/models/" + id + "/infer"))
                      .header("Content-Type", "application/json")
                      .POST(BodyPublishers.ofString(body))
                      .build(),
                  BodyHandlers.ofString())
              .statusCode();
    }
    assertThat(status).isEqualTo(202);
  }
}
