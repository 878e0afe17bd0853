package io.halfstep.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.halfstep.http.RunningServer.Answer;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Requests that are answered before their body has ended. */
@Timeout(120)
class EarlyAnswerTest {
  private static final int LENGTH = 1 << 20;
  private static RunningServer server;
  private static Path state;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    state = folder.resolve("state");
    server =
        RunningServer.start(
            state,
            "http.request-bytes",
            "1 KiB",
            "jobs.model-bytes",
            "2 MiB",
            "http.body-timeout",
            "300 ms");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Socket begun(String path, String headers) throws Exception {
    Socket socket = server.connect();
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n"
            .formatted(path, headers.replace("|", "\r\n"), LENGTH);
    RunningServer.write(socket, head.getBytes(ISO_8859_1));
    return socket;
  }

  private static void awaitAnswer(Socket socket) throws Exception {
    while (socket.getInputStream().available() == 0) {
      Thread.sleep(1);
    }
    Thread.sleep(300); // a server that closes has done so
  }

  /** As most clients do, it does not look for an answer before it has sent everything. */
  @ParameterizedTest
  @CsvSource({
    "/jobs, '', 403",
    "/jobs, Halfstep-Client: a|Content-Type: multipart/form-data|, 400",
    "/jobs, Halfstep-Client: a|Content-Type: text/plain|, 415",
    "/nothing, Halfstep-Client: a|, 404",
    "/v2/health/live, Halfstep-Client: a|, 405",
    "/jobs, Halfstep-Client: a|Content-Type: multipart/form-data; boundary=b|, 408"
  })
  void aClientThatStillSendsReadsItsAnswer(String path, String headers, int status)
      throws Exception {
    try (Socket socket = begun(path, headers)) {
      awaitAnswer(socket);
      for (int sent = 0; sent < LENGTH; sent += LENGTH / 16) {
        RunningServer.write(socket, new byte[LENGTH / 16]);
      }
      Answer answer = RunningServer.answer(socket);
      assertThat(answer.status()).as(answer.text()).isEqualTo(status);
      assertThat(answer.header("Content-Length")).isEqualTo("" + answer.body().length());
      assertThat(answer.header("Connection")).isEqualTo("close");
    }
  }

  /** Proxies may speak HTTP/1.0 to a service. */
  @ParameterizedTest
  @ValueSource(ints = {0, 40, LENGTH})
  void aSubmissionInHttp10IsRead(int length) throws Exception {
    byte[] body = Arrays.copyOf("--b\r\nno=header\r\n\r\n".getBytes(ISO_8859_1), length);
    String head =
        "POST /jobs HTTP/1.0\r\nHost: localhost\r\nHalfstep-Client: a\r\nContent-Length: %d\r\n%s\r\n\r\n"
            .formatted(length, "Content-Type: multipart/form-data; boundary=b");
    try (Socket socket = server.connect()) {
      RunningServer.write(socket, head.getBytes(ISO_8859_1));
      RunningServer.write(socket, body);
      Answer answer = RunningServer.answer(socket);
      assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    }
  }

  @Test
  void filesOfASubmissionThatBreaksOffAreRemoved() throws Exception {
    String plan =
        "--b\r\nContent-Disposition: form-data; name=plan\r\n\r\nweights = 4\r\n--b\r\nodd";
    for (int i = 0; i < 100; i++) {
      byte[] body = plan.getBytes(ISO_8859_1);
      Answer answer =
          server.post(
              "/jobs", body, "Content-Type: multipart/form-data; boundary=b", "Halfstep-Client: a");
      assertThat(answer.status()).as(answer.text()).isEqualTo(400);
      assertThat(state.resolve("jobs")).isEmptyDirectory();
    }
  }

  @Test
  void aClientThatSendsNoMoreIsNotWaitedForLong() throws Exception {
    try (Socket socket = begun("/nothing", "Halfstep-Client: a|")) {
      long begun = System.nanoTime();
      assertThat(RunningServer.answer(socket).status()).isEqualTo(404);
      assertThat(System.nanoTime() - begun).isLessThan(20_000_000_000L);
    }
  }

  @Test
  void whatIsWrongWithABodyIsNoErrorOfTheService() throws Exception {
    List<String> errors = new CopyOnWriteArrayList<>();
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
              errors.add(event.toString());
            }
          }
        };
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    appender.start();
    root.addAppender(appender);
    try {
      String parts = "Content-Type: multipart/form-data; boundary=b";
      String client = "Halfstep-Client: a";
      byte[] malformed = "--b\r\nno=header\r\n\r\n--b--".getBytes(ISO_8859_1);
      assertThat(server.post("/jobs", malformed, parts, client).status()).isEqualTo(400);
      byte[] noParts = "no parts".getBytes(ISO_8859_1);
      assertThat(server.post("/jobs", noParts, parts, client).status()).isEqualTo(400);
      String head =
          "POST /jobs HTTP/1.1\nHost: localhost\n%s\n%s\nConnection: close\nTransfer-Encoding: chunked\n\n"
              .formatted(parts, client);
      String part = "--b\r\nContent-Disposition: form-data; name=model; filename=a.onnx\r\n\r\n";
      String chunk = "80000\r\n" + "#".repeat(1 << 19) + "\r\n";
      String body = "%x\r\n%s\r\n".formatted(part.length(), part) + chunk.repeat(5) + "0\r\n\r\n";
      assertThat(server.send(head, body.getBytes(ISO_8859_1)).status()).isEqualTo(413);
    } finally {
      root.detachAppender(appender);
    }
    assertThat(errors).isEmpty();
  }
}
