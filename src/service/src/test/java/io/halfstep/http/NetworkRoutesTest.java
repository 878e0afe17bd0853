package io.halfstep.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.http.RunningServer.Answer;
import io.halfstep.model.Model;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job's network at {@code /jobs/ID/graph}, {@code stages} and {@code layers}. */
@Timeout(120)
class NetworkRoutesTest {
  private static final Path RESNET = Path.of("src/examples/fashion-mnist/resnet14.onnx");

  private final RunningServer server;

  NetworkRoutesTest(@TempDir Path folder) {
    server = RunningServer.start(folder.resolve("state"));
  }

  @BeforeEach
  void submit() throws Exception {
    server.submitResnet("net");
  }

  @AfterEach
  void end() {
    server.close();
  }

  private JsonNode json(String path) throws Exception {
    Answer answer = server.get(path);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }

  @Test
  void theGraphHasAllLayersAndReadsWhatIsAboveIt() throws Exception {
    List<String> above = new ArrayList<>();
    List<String> layers = new ArrayList<>();
    for (JsonNode stage : json("/jobs/net-1/graph").path("stages")) {
      List<String> reads = new ArrayList<>();
      stage.path("reads").forEach(name -> reads.add(name.asText()));
      assertThat(above).containsAll(reads);
      assertThat(reads.isEmpty()).isEqualTo(above.isEmpty());
      above.add(stage.path("name").asText());
      if (stage.path("layer").asBoolean()) {
        layers.add(stage.path("name").asText());
      }
    }
    assertThat(above).startsWith("input").doesNotHaveDuplicates();
    assertThat(layers)
        .isEqualTo(StageGraph.of(Model.read(RESNET)).layers().stream().map(Layer::name).toList());
  }

  @Test
  void aLayerIsFoundByItsNameWhateverItsCharacters() throws Exception {
    for (Layer layer : StageGraph.of(Model.read(RESNET)).layers()) {
      JsonNode found = json("/jobs/net-1/layers/" + URLEncoder.encode(layer.name(), UTF_8));
      assertThat(found.path("name").asText()).isEqualTo(layer.name());
      assertThat(found.path("weights").asInt()).isEqualTo(layer.weight().size());
      assertThat(found.has("input")).isFalse(); // no range yet
    }
    Answer none = server.get("/jobs/net-1/layers/a%2Fb");
    assertThat(none.status()).isEqualTo(404);
    assertThat(none.body()).contains("no such layer: a/b");
  }

  @Test
  void stagesFollowUntilTheJobEnds() throws Exception {
    assertThat(json("/jobs/net-1/stages").path("stages").isObject()).isTrue();
    assertThat(server.get("/jobs/net-1/stages?follow=maybe").status()).isEqualTo(400);
    try (Socket socket = server.connect()) {
      RunningServer.write(
          socket,
          "GET /jobs/net-1/stages?follow=true HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
              .getBytes(UTF_8));
      server.post(
          "/v2/models/net/infer",
          RunningServer.images("UINT8", 1, 256),
          "Content-Type: application/octet-stream",
          RunningServer.jsonLength("UINT8", 1, 256));
      Thread.sleep(2000);
      server.post("/jobs/net-1/cancel", new byte[0], "Halfstep-Client: test");
      assertThat(RunningServer.answer(socket).body())
          .contains("event:stages", "event:change", "\"pass\":\"observe\"");
    }
  }

  @Test
  void theListOfJobsFollows() throws Exception {
    try (Socket socket = server.connect()) {
      RunningServer.write(
          socket,
          "GET /jobs?follow=true&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
      StringBuilder told = new StringBuilder();
      read(socket, told, "event:jobs");
      assertThat(told).contains("\"net-1\":{\"id\":\"net-1\"");
      server.submitResnet("newer");
      read(socket, told, "event:change");
      assertThat(told).contains("\"net-1\":null", "\"newer-2\":{\"id\":\"newer-2\"");
    }
  }

  private static void read(Socket socket, StringBuilder told, String until) throws Exception {
    while (told.indexOf(until) < 0) {
      int next = socket.getInputStream().read();
      assertThat(next).isNotNegative();
      told.append((char) next);
    }
  }
}
