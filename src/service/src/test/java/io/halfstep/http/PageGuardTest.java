package io.halfstep.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.http.RunningServer.Answer;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that a browser sends for a foreign page, and those of clients and mirrors. */
class PageGuardTest {
  private static final String EVIL = "Origin: https://evil.example";
  private static final byte[] NOTHING = new byte[0];
  private static RunningServer server;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    server =
        RunningServer.start(
            folder.resolve("state"),
            "http.names",
            List.of("halfstep.example"),
            "http.origins",
            List.of("https://tool.example"));
    server.submitResnet("net");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String status() throws Exception {
    return server.get("/jobs/net-1").body();
  }

  private static Answer infer(String... headers) throws Exception {
    String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
    all[headers.length] = RunningServer.jsonLength("UINT8", 1, 1);
    return server.post("/v2/models/net/infer", RunningServer.images("UINT8", 1, 1), all);
  }

  /** fetch(…, {method: 'POST', mode: 'no-cors'}), and a form that submits itself. */
  @Test
  void aPageOfAnotherOriginChangesNothing() throws Exception {
    String[] forms = {
      "text/plain;charset=UTF-8",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=b"
    };
    for (String origin : new String[] {EVIL, "Origin: null", "Origin: http://localhost:1"}) {
      for (String type : forms) {
        String content = "Content-Type: " + type;
        assertThat(server.post("/jobs/net-1/pause", NOTHING, origin, content).status())
            .isEqualTo(403);
        assertThat(
                server.post("/jobs?name=evil", "--b--".getBytes(UTF_8), origin, content).status())
            .isEqualTo(403);
        assertThat(infer(origin, content).status()).isEqualTo(403);
      }
      assertThat(server.post("/jobs/net-1/pause", NOTHING, origin).status()).isEqualTo(403);
      assertThat(infer(origin).status()).isEqualTo(403);
      assertThat(server.get("/jobs", origin).status()).isEqualTo(403);
    }
    assertThat(status()).contains("\"status\":\"collecting\"", "\"taken\":");
    assertThat(server.get("/jobs").body()).doesNotContain("evil");
  }

  /** A browser sends a preflight for what a form can't send; the reply allows nothing. */
  @Test
  void preflightsAllowNothing() throws Exception {
    Answer preflight =
        server.request(
            "OPTIONS",
            "/jobs/net-1",
            NOTHING,
            EVIL,
            "Access-Control-Request-Method: DELETE",
            "Access-Control-Request-Headers: halfstep-client");
    assertThat(preflight.status()).isEqualTo(403);
    assertThat(preflight.text()).doesNotContain("Access-Control");
  }

  /** An old browser may omit the origin. */
  @Test
  void whatAFormCanSendChangesNothing() throws Exception {
    for (String type :
        new String[] {
          "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
        }) {
      Answer pause = server.post("/jobs/net-1/pause", NOTHING, "Content-Type: " + type);
      assertThat(pause.status()).isEqualTo(403);
      assertThat(pause.body()).contains("Halfstep-Client");
    }
    assertThat(server.post("/jobs/net-1/pause", NOTHING).status()).isEqualTo(403);
    assertThat(
            server
                .post(
                    "/v2/models/net/infer",
                    "{}".getBytes(UTF_8),
                    "Content-Type: text/plain;charset=UTF-8")
                .status())
        .isEqualTo(415);
    assertThat(status()).contains("\"status\":\"collecting\"");
  }

  /**
   * DNS rebinding: the page's host name resolves to this machine, so its origin is the service's.
   */
  @Test
  void aPageWhoseNameLeadsHereReadsAndChangesNothing() throws Exception {
    String host = "Host: evil.example:" + server.port();
    String origin = "Origin: http://evil.example:" + server.port();
    for (String path : new String[] {"/jobs", "/jobs/net-1", "/metrics", "/v2", "/v2/models/net"}) {
      assertThat(server.get(path, host).status()).as(path).isEqualTo(403);
    }
    String json = "Content-Type: application/json";
    assertThat(server.post("/jobs/net-1/pause", NOTHING, host, origin, json).status())
        .isEqualTo(403);
    assertThat(server.post("/jobs/net-1/pause", NOTHING, host, json).status()).isEqualTo(403);
    assertThat(server.request("DELETE", "/jobs/net-1", NOTHING, host, origin).status())
        .isEqualTo(403);
    assertThat(infer(host, origin).status()).isEqualTo(403);
    assertThat(status()).contains("\"status\":\"collecting\"");
  }

  /** The Host of the inference server, as nginx forwards it, and with Envoy's suffix. */
  @Test
  void mirroredRequestsKeepTheirHost() throws Exception {
    for (String host :
        new String[] {"models.prod.example", "models.prod.example-shadow", "models-shadow:8000"}) {
      assertThat(infer("Host: " + host).status()).as(host).isEqualTo(202);
      assertThat(infer("Host: " + host, "Origin: https://tool.example").status()).isEqualTo(202);
    }
    assertThat(server.get("/v2/health/ready", "Host: 10.0.0.7").status()).isEqualTo(200);
  }

  @Test
  void clientsAreKnownByAHeaderOrByJson() throws Exception {
    for (String how : new String[] {"Halfstep-Client: curl", "Content-Type: application/json"}) {
      assertThat(server.post("/jobs/net-1/pause", NOTHING, how).status()).isEqualTo(200);
      assertThat(server.post("/jobs/net-1/resume", NOTHING, how).status()).isEqualTo(200);
    }
    for (String host :
        new String[] {"localhost", "127.0.0.1:" + server.port(), "[::1]:80", "Halfstep.Example"}) {
      assertThat(server.get("/jobs", "Host: " + host).status()).as(host).isEqualTo(200);
    }
    String same = "localhost:" + server.port();
    assertThat(server.get("/jobs", "Host: " + same, "Origin: http://" + same).status())
        .isEqualTo(200);
    assertThat(server.get("/jobs", "Origin: https://tool.example").status()).isEqualTo(200);
  }

  /** KServe's client, Triton's in C++ and Python, curl. */
  @Test
  void inferenceClientsAreTakenAsTheyAre() throws Exception {
    byte[] json =
        "{\"inputs\":[{\"name\":\"image\",\"shape\":[1,1,28,28],\"datatype\":\"FP32\",\"data\":[%s]}]}"
            .formatted("0.1,".repeat(783) + "0.1")
            .getBytes(UTF_8);
    for (String type : new String[] {"Content-Type: application/json", "Accept: */*"}) {
      assertThat(server.post("/v2/models/net/infer", json, type).status()).isEqualTo(202);
    }
    assertThat(infer().status()).isEqualTo(202);
    assertThat(infer("Content-Type: application/octet-stream").status()).isEqualTo(202);
    assertThat(infer("Content-Type: application/x-www-form-urlencoded").status()).isEqualTo(202);
  }

  @Test
  void namesAndOriginsAreWrittenAsBrowsersDo() {
    ServiceSettings settings = ServiceSettings.read(null);
    for (String name : new String[] {"http://halfstep.example", "halfstep.example:8620", ""}) {
      assertThatThrownBy(() -> settings.with("http.names", List.of(name)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("halfstep.service.http.names[0]: found '" + name + "', expected");
    }
    for (String origin : new String[] {"tool.example", "https://tool.example/", "null", "*"}) {
      assertThatThrownBy(() -> settings.with("http.origins", List.of(origin)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(
              "halfstep.service.http.origins[0]: found '" + origin + "', expected");
    }
  }

  /** A page has no token. */
  @Test
  void withATokenNeitherHostNorOriginMatters(@TempDir Path folder) throws Exception {
    try (RunningServer guarded =
        RunningServer.start(folder.resolve("state"), "http.token", "secret")) {
      String token = "Authorization: Bearer secret";
      assertThat(guarded.get("/jobs", "Host: halfstep:8620", EVIL, token).status()).isEqualTo(200);
      assertThat(guarded.get("/jobs", EVIL).status()).isEqualTo(401);
    }
  }
}
