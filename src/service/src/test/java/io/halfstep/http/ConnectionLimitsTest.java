package io.halfstep.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.http.RunningServer.Answer;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many and slow connections. */
class ConnectionLimitsTest {
  private static final byte[] HALF_A_HEADER = "GET /jobs HTTP/1.1\r\nHost: lo".getBytes(ISO_8859_1);

  private final Path state;
  private final List<Socket> open = new ArrayList<>();

  ConnectionLimitsTest(@TempDir Path folder) {
    state = folder.resolve("state");
  }

  @AfterEach
  void disconnect() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
  }

  private void slowHeaders(RunningServer server, int connections) throws IOException {
    for (int i = 0; i < connections; i++) {
      Socket socket = server.connect();
      open.add(socket);
      RunningServer.write(socket, HALF_A_HEADER);
    }
  }

  private static byte[] ask(String path, String... headers) {
    String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n")
        .getBytes(ISO_8859_1);
  }

  /** The timeouts are longer than any test, so answers come while slow connections are open. */
  @Test
  void slowHeadersDoNotKeepHealthAndMetricsFromAnswering() throws Exception {
    try (RunningServer server =
        RunningServer.start(
            state,
            "http.connections",
            20,
            "http.header-timeout",
            "1 h",
            "http.idle-timeout",
            "1 h")) {
      slowHeaders(server, 20);
      for (int i = 0; i < 300; i++) { // more than may wait beyond the limit
        slowHeaders(server, 1);
        if (i % 30 == 0) {
          assertThat(server.get("/v2/health/live").status()).isEqualTo(200);
          assertThat(server.get("/v2/health/ready").status()).isEqualTo(200);
          assertThat(server.get("/metrics").body()).isEqualTo("metric 1\n");
          Answer jobs = server.get("/jobs");
          assertThat(jobs.status()).isEqualTo(503);
          assertThat(jobs.header("Retry-After")).isNotEmpty();
          assertThat(jobs.body()).contains("too many connections");
        }
      }
      // the first connections are served
      RunningServer.write(open.get(0), "calhost\r\nConnection: close\r\n\r\n".getBytes(ISO_8859_1));
      assertThat(RunningServer.answer(open.get(0)).status()).isEqualTo(200);
    }
  }

  @Test
  void oneAddressCannotTakeAllConnections() throws Exception {
    try (RunningServer server =
        RunningServer.start(
            state, "http.connections-per-address", 8, "http.header-timeout", "1 h")) {
      slowHeaders(server, 8);
      assertThat(statusAfter(200, server)).isEqualTo(503);
      assertThat(server.get("/v2/health/ready").status()).isEqualTo(200);
      open.remove(0).close();
      assertThat(statusAfter(503, server)).isEqualTo(200);
    }
  }

  /** Asks until the server notices that connections were opened or closed. */
  private static int statusAfter(int before, RunningServer server) throws IOException {
    int status = before;
    for (int i = 0; i < 1000 && status == before; i++) {
      status = server.get("/jobs").status();
    }
    return status;
  }

  /** Each byte arrives well before Akka's own timeout, which it restarts. */
  @Test
  void headersThatDripAreClosed() throws Exception {
    try (RunningServer server = RunningServer.start(state, "http.header-timeout", "300 ms")) {
      assertThat(isClosedWhileItDrips(server.connect())).isTrue();
    }
  }

  @Test
  void connectionsThatAskNoMoreAreClosed() throws Exception {
    try (RunningServer server = RunningServer.start(state, "http.idle-timeout", "2 s")) {
      Socket socket = server.connect();
      RunningServer.write(socket, ask("/v2/health/live"));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
      assertThat(isClosedWhileItDrips(socket)).isTrue();
    }
  }

  private static boolean isClosedWhileItDrips(Socket socket) throws Exception {
    try (socket) {
      socket.setSoTimeout(20);
      RunningServer.write(socket, "GET / HTTP/1.1\r\nX: ".getBytes(ISO_8859_1));
      for (int i = 0; i < 1500; i++) {
        try {
          if (socket.getInputStream().read() < 0) {
            return true;
          }
        } catch (java.net.SocketTimeoutException stillOpen) {
          RunningServer.write(socket, new byte[] {'x'});
        }
      }
      return false;
    } catch (java.net.SocketException reset) {
      return true;
    }
  }

  /** Watching a job takes longer than a connection may be idle. */
  @Test
  void answersThatGoOnAreNotCutShort() throws Exception {
    try (RunningServer server = RunningServer.start(state, "http.idle-timeout", "12 s")) {
      server.submitResnet("net");
      try (Socket watching = server.connect()) {
        RunningServer.write(watching, ask("/jobs/net-1/events"));
        awaitHeartbeats(watching, 2); // one every 10 s
        server.post("/jobs/net-1/cancel", new byte[0], "Halfstep-Client: test");
        assertThat(new String(watching.getInputStream().readAllBytes(), ISO_8859_1))
            .contains("cancelled");
      }
    }
  }

  private static void awaitHeartbeats(Socket socket, int beats) throws IOException {
    StringBuilder seen = new StringBuilder();
    while (seen.toString().split("data:\n\n", -1).length <= beats) {
      int next = socket.getInputStream().read();
      assertThat(next).isNotNegative();
      seen.append((char) next);
    }
  }

  @Test
  void aConnectionServesManyRequests() throws Exception {
    try (RunningServer server = RunningServer.start(state);
        Socket socket = server.connect()) {
      for (int i = 0; i < 3; i++) {
        RunningServer.write(socket, ask("/v2/health/live"));
      }
      RunningServer.write(socket, ask("/v2/health/live", "Connection: close"));
      assertThat(RunningServer.answer(socket).text().split("HTTP/1.1 200", -1)).hasSize(5);
    }
  }
}
