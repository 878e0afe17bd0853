package io.halfstep.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.http.RunningServer.Answer;
import io.halfstep.http.access.Role;
import io.halfstep.http.access.Token;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Tokens with roles and limits, and what is logged about them. */
@Timeout(120)
class TokenGuardTest {
  private static final byte[] NOTHING = new byte[0];
  private static final String INFER = "/v2/models/net/infer";
  private static final Logger AUDIT = (Logger) LoggerFactory.getLogger("io.halfstep.audit");

  private final Path file;
  private final RunningServer server;
  private final List<String> audit = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          audit.add(event.getFormattedMessage());
        }
      };

  TokenGuardTest(@TempDir Path folder) throws Exception {
    file = folder.resolve("tokens");
    Files.writeString(
        file,
        lines(
            line("feed"),
            line("read"),
            line("admin"),
            line("slow", "feed", "requests-per-second=1"),
            line("short", "feed", "body-bytes=1KiB"),
            line("thin", "feed", "bytes-per-second=1KiB")));
    server =
        RunningServer.start(
            folder.resolve("state"), "http.tokens", file.toString(), "http.token", "single");
  }

  private static String line(String name) {
    return line(name, name, "");
  }

  /** The text of these tokens is their name. */
  private static String line(String name, String role, String limits) {
    return new Token(name, Role.of(role), Token.hash(name)).line() + " " + limits;
  }

  private static String lines(String... lines) {
    return String.join("\n", lines) + "\n";
  }

  @BeforeEach
  void start() throws Exception {
    AUDIT.setLevel(Level.INFO);
    AUDIT.addAppender(appender);
    appender.start();
    server.token("admin");
    server.submitResnet("net");
    server.token("");
  }

  @AfterEach
  void stop() {
    server.close();
    AUDIT.detachAppender(appender);
    AUDIT.setLevel(null);
  }

  private Answer as(String token, String method, String path) throws IOException {
    return server.request(method, path, NOTHING, "Authorization: Bearer " + token);
  }

  private Answer feed(String token, int images) throws IOException {
    return server.post(
        INFER,
        RunningServer.images("UINT8", 1, images),
        "Authorization: Bearer " + token,
        RunningServer.jsonLength("UINT8", 1, images));
  }

  private Answer feedInChunks(String token, int images) throws IOException {
    byte[] body = RunningServer.images("UINT8", 1, images);
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    chunk.writeBytes((Integer.toHexString(body.length) + "\r\n").getBytes(ISO_8859_1));
    chunk.writeBytes(body);
    chunk.writeBytes("\r\n0\r\n\r\n".getBytes(ISO_8859_1));
    String head =
        """
        POST %s HTTP/1.1
        Host: localhost
        Transfer-Encoding: chunked
        Connection: close
        Authorization: Bearer %s
        %s

        """;
    return server.send(
        head.formatted(INFER, token, RunningServer.jsonLength("UINT8", 1, images)),
        chunk.toByteArray());
  }

  private String refused() throws IOException {
    String job = as("read", "GET", "/jobs/net-1").body();
    return job.substring(job.indexOf("\"refused\""));
  }

  @Test
  void aRoleMayWhatTheTableSays() throws Exception {
    for (String token : new String[] {"", "nobody", "FEED", "feeder"}) {
      for (String path : new String[] {"/jobs", "/v2", "/metrics", "/openapi.yaml", "/nothing"}) {
        assertThat(as(token, "GET", path).status()).as(token + path).isEqualTo(401);
      }
      assertThat(as(token, "GET", "/v2/health/live").status()).isEqualTo(200);
    }
    assertThat(feed("feed", 1).status()).isEqualTo(202);
    assertThat(feed("read", 1).body()).contains("'read' has the role read, expected feed or admin");
    assertThat(feed("read", 1).status()).isEqualTo(403);
    assertThat(feed("admin", 1).status()).isEqualTo(202);
    for (String path : new String[] {"/v2", "/v2/models/net", "/jobs/net-1/producers/me"}) {
      for (String role : new String[] {"feed", "read", "admin", "single"}) {
        assertThat(as(role, "GET", path).status()).as(role + path).isEqualTo(200);
      }
    }
    for (String path :
        new String[] {
          "/jobs",
          "/jobs/net-1",
          "/jobs/net-1/logs",
          "/metrics",
          "/openapi.yaml",
          "/jobs/net-1%2Fproducers%2Fme",
          "/v2/../jobs/net-1"
        }) {
      assertThat(as("feed", "GET", path).status()).as(path).isEqualTo(403);
      assertThat(as("read", "GET", path).status()).as(path).isNotIn(401, 403);
    }
    for (String role : new String[] {"feed", "read"}) {
      assertThat(as(role, "POST", "/jobs/net-1/pause").status()).isEqualTo(403);
      assertThat(as(role, "POST", "/jobs").status()).isEqualTo(403);
      assertThat(as(role, "DELETE", "/jobs/net-1").status()).isEqualTo(403);
    }
    assertThat(as("admin", "POST", "/jobs/net-1/pause").status()).isEqualTo(200);
    assertThat(as("single", "POST", "/jobs/net-1/resume").status()).isEqualTo(200);
  }

  @Test
  void tokensAreReplacedWithoutARestart() throws Exception {
    assertThat(as("read", "GET", "/jobs").status()).isEqualTo(200);

    replace(line("next", "read", ""));
    assertThat(as("read", "GET", "/jobs").status()).isEqualTo(401);
    assertThat(as("next", "GET", "/jobs").status()).isEqualTo(200);

    replace("next read of-no-use");
    assertThat(as("next", "GET", "/jobs").status()).isEqualTo(200);
    assertThat(as("single", "GET", "/jobs").status()).isEqualTo(200);
  }

  private void replace(String text) throws Exception {
    Path next = Files.writeString(file.resolveSibling("tokens.new"), text);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    Thread.sleep(1100); // the service looks once a second
  }

  @Test
  void aFileThatIsInvalidAtTheStartIsNamed(@TempDir Path folder) throws Exception {
    Files.writeString(file, "next read of-no-use");

    assertThatThrownBy(
            () ->
                RunningServer.start(folder.resolve("state"), "http.tokens", file.toString())
                    .close())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("tokens:1: hash of 'next'");
  }

  @Test
  void tooManyRequestsAreRefusedForTheirTokenOnly() throws Exception {
    assertThat(feed("slow", 1).status()).isEqualTo(202);
    Answer refused = feed("slow", 1);
    for (int i = 0; i < 100 && refused.status() == 202; i++) { // on a slow machine
      refused = feed("slow", 1);
    }
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("Retry-After")).isEqualTo("1");
    assertThat(refused.body()).contains("'slow' has sent more than its 1 requests");
    assertThat(feed("feed", 1).status()).isEqualTo(202);
    assertThat(refused()).contains("\"rate_limited\":1");

    Thread.sleep(1000);
    assertThat(feed("slow", 1).status()).isEqualTo(202);
  }

  @Test
  void tooManyBytesAreMadeUpForWhateverTheirLengthSays() throws Exception {
    assertThat(feedInChunks("thin", 100).status()).isEqualTo(202); // 78 KB

    Answer refused = feedInChunks("thin", 1);
    assertThat(refused.status()).isEqualTo(429);
    assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(30, 77);
    assertThat(feed("thin", 1).status()).isEqualTo(429);
    assertThat(refused()).contains("\"rate_limited\":2");
  }

  @Test
  void bodiesBeyondTheTokensLimitAreRefused() throws Exception {
    assertThat(feed("short", 1).status()).isEqualTo(202);
    assertThat(feedInChunks("short", 1).status()).isEqualTo(202);
    assertThat(feed("short", 2).status()).isEqualTo(413);
    assertThat(feed("short", 2).body()).contains("longer than 1024 bytes (body-bytes of its token");
    assertThat(feedInChunks("short", 2).status()).isEqualTo(413);
    assertThat(feed("feed", 2).status()).isEqualTo(202);
    assertThat(refused()).contains("\"invalid\":2");
  }

  @Test
  void theAuditNamesTheTokenAlsoOfWhatWasRefused() throws Exception {
    as("admin", "POST", "/jobs/net-1/pause");
    as("read", "POST", "/jobs/net-1/resume");
    as("nobody", "DELETE", "/jobs/net-1");
    as("nobody", "GET", "/jobs/" + "x".repeat(100));
    as("read", "GET", "/jobs/net-1");

    assertThat(audit)
        .containsExactly(
            "submit by 127.0.0.1, token admin: 201",
            "pause by 127.0.0.1, token admin: 200",
            "refused POST /jobs/net-1/resume by 127.0.0.1, token read: 403",
            "refused DELETE /jobs/net-1 by 127.0.0.1: 401",
            "refused GET /jobs/" + "x".repeat(34) + "… by 127.0.0.1: 401");
  }

  @Test
  void aFloodOfRefusedRequestsTakesFewLines() throws Exception {
    long start = System.nanoTime();
    for (int i = 0; i < 300; i++) {
      assertThat(as("nobody", "GET", "/jobs").status()).isEqualTo(401);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    assertThat((double) audit.size()).isLessThanOrEqualTo(12 + 10 * seconds);

    as("admin", "POST", "/jobs/net-1/pause"); // what has an effect is always logged
    assertThat(audit.get(audit.size() - 1))
        .matches("pause by 127.0.0.1, token admin: 200( \\(before, \\d+ more without effect\\))?");
    long omitted =
        audit.stream()
            .filter(line -> line.contains("(before, "))
            .mapToLong(line -> Long.parseLong(line.replaceAll(".*before, (\\d+) .*", "$1")))
            .sum();
    assertThat(omitted + audit.size()).isEqualTo(302); // with submit and pause
  }
}
