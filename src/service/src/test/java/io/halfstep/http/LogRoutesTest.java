package io.halfstep.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.http.RunningServer.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A job's log at {@code /jobs/ID/logs}. */
@Timeout(120)
class LogRoutesTest {
  private static final Logger HALFSTEP = (Logger) LoggerFactory.getLogger("io.halfstep");

  private final RunningServer server;

  LogRoutesTest(@TempDir Path folder) {
    server = RunningServer.start(folder.resolve("state"));
  }

  @BeforeEach
  void start() throws Exception {
    HALFSTEP.setLevel(Level.INFO);
    server.submitResnet("one");
    server.submitResnet("other");
  }

  @AfterEach
  void end() {
    HALFSTEP.setLevel(null);
    server.close();
  }

  private Answer post(String path) throws Exception {
    return server.post(path, new byte[0], "Halfstep-Client: test");
  }

  private List<String> messages(String path) throws Exception {
    Answer answer = server.get(path);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<String> messages = new ArrayList<>();
    for (JsonNode line : new ObjectMapper().readTree(answer.body()).path("lines")) {
      messages.add(line.path("logger").asText() + " " + line.path("message").asText());
    }
    return messages;
  }

  @Test
  void aJobHasTheLinesThatAreAboutIt() throws Exception {
    post("/jobs/one-1/pause");
    post("/jobs/one-1/resume");

    assertThat(messages("/jobs/one-1/logs"))
        .startsWith("JobsActor submitted: model one, 100000 samples")
        .contains("audit pause by 127.0.0.1: 200", "audit resume by 127.0.0.1: 200");
    assertThat(messages("/jobs/one-1/logs?lines=1")).hasSize(1);
    assertThat(messages("/jobs/other-2/logs"))
        .startsWith("JobsActor submitted: model other, 100000 samples")
        .noneMatch(message -> message.contains("pause"));
  }

  @Test
  void whatCannotBeIsAMistake() throws Exception {
    assertThat(server.get("/jobs/one-1/logs?lines=1001").body())
        .contains("parameter lines: found '1001', expected a whole number from 1 to 1000");
    assertThat(server.get("/jobs/one-1/logs?follow=maybe").body())
        .contains("parameter follow: found 'maybe', expected true or false");
    assertThat(server.get("/jobs/none-1/logs").body())
        .contains("no such job: none-1; there are one-1, other-2");
  }

  @Test
  void linesFollowUntilTheJobHasEnded() throws Exception {
    assertThat(follow(() -> post("/jobs/one-1/cancel"))).contains("cancel by 127.0.0.1: 200");
  }

  @Test
  void linesFollowUntilTheJobIsDeleted() throws Exception {
    follow(() -> server.request("DELETE", "/jobs/one-1", new byte[0])); // else it runs for ever
  }

  /** Returns what follows after a request that ends the job. */
  private String follow(Callable<Answer> end) throws Exception {
    try (Socket socket = server.connect()) {
      String request =
          """
          GET /jobs/one-1/logs?lines=1&follow=true HTTP/1.1
          Host: localhost
          Connection: close

          """;
      RunningServer.write(socket, request.replace("\n", "\r\n").getBytes(ISO_8859_1));
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
      assertThat(find(lines, "\"number\":")).isTrue();
      post("/jobs/one-1/pause");
      assertThat(find(lines, "pause by 127.0.0.1: 200")).isTrue();
      assertThat(end.call().status()).isEqualTo(200);
      return lines.lines().collect(Collectors.joining("\n"));
    }
  }

  private static boolean find(BufferedReader lines, String text) throws IOException {
    String line = lines.readLine();
    while (line != null && !line.contains(text)) {
      line = lines.readLine();
    }
    return line != null;
  }
}
