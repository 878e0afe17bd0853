package io.halfstep.http;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.Service;
import io.halfstep.service.settings.ServiceSettings;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Access to the server, and what is logged about it. */
class HttpServerTest {
  private final Path folder;
  private final HttpClient client = HttpClient.newHttpClient();

  HttpServerTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private ServiceSettings settings() {
    return ServiceSettings.read(null)
        .with("state", folder.resolve("state").toString())
        .with("http.port", 0);
  }

  private interface Body {
    void run(HttpServer server) throws Exception;
  }

  private static void serving(ServiceSettings settings, Body body) throws Exception {
    try (Service service = Service.start(settings, new WireRequests(1 << 20));
        HttpServer server = HttpServer.start(service, () -> "metric 1\n")) {
      body.run(server);
    }
  }

  private HttpResponse<String> get(String url, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void withATokenOnlyHealthIsForEveryone() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "open-sesame\n");
    serving(
        settings().with("http.token-file", token.toString()),
        server -> {
          assertThat(get(server.url() + "/v2/health/live").statusCode()).isEqualTo(200);
          assertThat(get(server.url() + "/v2/health/ready").body()).isEqualTo("{\"ready\":true}");
          for (String path :
              new String[] {
                "/jobs",
                "/jobs/m-1/logs",
                "/metrics",
                "/openapi.yaml",
                "/v2",
                "/v2/models/m",
                "/v2/models/m/infer"
              }) {
            HttpResponse<String> closed = get(server.url() + path);
            assertThat(closed.statusCode()).as(path).isEqualTo(401);
            assertThat(closed.headers().firstValue("WWW-Authenticate").orElse(""))
                .startsWith("Bearer");
            assertThat(get(server.url() + path, "Authorization", "Bearer open-sesam").statusCode())
                .isEqualTo(401);
          }
          assertThat(
                  get(server.url() + "/jobs", "Authorization", "Bearer open-sesame").statusCode())
              .isEqualTo(200);
        });
  }

  @Test
  void whatOthersCanReachNeedsAToken() {
    ServiceSettings open = settings().with("http.host", "0.0.0.0");

    assertThatThrownBy(() -> HttpServer.requireSafe(open))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no token is set");
    HttpServer.requireSafe(open.with("http.token", "x"));
  }

  @Test
  void whatIsNotThereIsSaidInJson() throws Exception {
    serving(
        settings(),
        server -> {
          HttpResponse<String> nothing = get(server.url() + "/nothing");
          assertThat(nothing.statusCode()).isEqualTo(404);
          assertThat(new ObjectMapper().readTree(nothing.body()).path("error").asText())
              .isEqualTo("no such resource; see /openapi.yaml");
          assertThat(get(server.url() + "/jobs/no-1").statusCode()).isEqualTo(404);
          HttpResponse<String> infer =
              client.send(
                  HttpRequest.newBuilder(URI.create(server.url() + "/v2/models/no/infer"))
                      .POST(BodyPublishers.ofString("{}"))
                      .build(),
                  BodyHandlers.ofString());
          assertThat(infer.statusCode()).isEqualTo(404);
          assertThat(infer.body()).isEqualTo("{\"error\":\"no job for a model named 'no'\"}");
        });
  }

  private Path keystore(String name) throws Exception {
    Path keystore = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "halfstep",
                "-dname",
                "CN=" + name,
                "-ext",
                "SAN=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                keystore.toString(),
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .start();
    assertThat(keytool.waitFor()).isZero();
    return keystore;
  }

  private ServiceSettings tls(Path keystore) throws Exception {
    Path password = Files.writeString(folder.resolve("password"), "changeit\n");
    return settings()
        .with("http.tls.keystore", keystore.toString())
        .with("http.tls.password-file", password.toString());
  }

  @Test
  void speaksTls() throws Exception {
    Path keystore = keystore("localhost");
    ServiceSettings settings = tls(keystore);

    serving(
        settings,
        server -> {
          HttpClient trusting = HttpClient.newBuilder().sslContext(trust(keystore)).build();
          HttpResponse<String> live =
              trusting.send(
                  HttpRequest.newBuilder(URI.create(server.url() + "/v2/health/live"))
                      .timeout(Duration.ofSeconds(20))
                      .build(),
                  BodyHandlers.ofString());
          assertThat(server.url()).startsWith("https://");
          assertThat(live.statusCode()).isEqualTo(200);
        });
    assertThatThrownBy(
            () -> serving(settings.with("http.tls.password-file", keystore.toString()), s -> {}))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void aNewCertificateIsUsedWithoutARestartAndABadFileIsNot() throws Exception {
    Path current = keystore("current");
    Path first = keystore("first");
    Path second = keystore("second");
    Files.copy(first, current, REPLACE_EXISTING);

    serving(
        tls(current),
        server -> {
          assertThat(accepts(trust(first), server)).isTrue();
          assertThat(accepts(trust(second), server)).isFalse();

          Files.writeString(current, "no keystore");
          Thread.sleep(1100); // it looks once a second
          assertThat(accepts(trust(first), server)).isTrue();

          Files.move(second, current, REPLACE_EXISTING);
          Thread.sleep(1100);
          assertThat(accepts(trust(current), server)).isTrue();
          assertThat(accepts(trust(first), server)).isFalse();
        });
  }

  /** Whether a client completes the handshake, with a new connection. */
  private static boolean accepts(SSLContext client, HttpServer server) throws Exception {
    try (SSLSocket socket =
        (SSLSocket) client.getSocketFactory().createSocket("127.0.0.1", server.port())) {
      socket.setSoTimeout(20_000);
      socket.startHandshake();
      return true;
    } catch (SSLHandshakeException e) {
      return false;
    }
  }

  private static SSLContext trust(Path keystore) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keystore)) {
      keys.load(in, "changeit".toCharArray());
    }
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("halfstep", keys.getCertificate("halfstep"));
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }

  @Test
  void describesItself() throws Exception {
    serving(
        settings(),
        server -> {
          String description = get(server.url() + "/openapi.yaml").body();
          TreeSet<String> described = new TreeSet<>();
          description
              .lines()
              .filter(line -> line.matches("  /.*:"))
              .forEach(line -> described.add(line.strip().replace(":", "")));
          assertThat(described).contains("/jobs", "/jobs/{id}/events", "/v2/models/{model}/infer");
          for (String path : described) {
            String url = server.url() + path.replaceAll("\\{\\w+}", "x");
            assertThat(get(url).body()).as(path).doesNotContain("no such resource");
          }
          assertThat(get(server.url() + "/metrics").body()).isEqualTo("metric 1\n");
        });
  }

  /** Includes errors of the virtual machine. */
  @Test
  void whateverFailsIsAnsweredWithoutItsMessage() throws Exception {
    for (Throwable failure :
        new Throwable[] {
          new StackOverflowError("at /secret/path"),
          new OutOfMemoryError("at /secret/path"),
          new LinkageError("at /secret/path"),
          new IllegalStateException("at /secret/path")
        }) {
      try (Service service = Service.start(settings(), new WireRequests(1 << 20));
          HttpServer server = HttpServer.start(service, () -> rethrown(failure))) {
        HttpResponse<String> answer = get(server.url() + "/metrics");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("see its log").doesNotContain("/secret/path");
        assertThat(get(server.url() + "/v2/health/ready").statusCode()).isEqualTo(200);
      }
    }
  }

  private static String rethrown(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    serving(
        settings(),
        server ->
            assertThatThrownBy(
                    () ->
                        serving(
                            settings()
                                .with("state", folder.resolve("other").toString())
                                .with("http.port", server.port()),
                            other -> {}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("port " + server.port())
                .hasMessageContaining("--port"));
  }

  @Test
  void aStateDirectoryIsHeldByOne() throws Exception {
    serving(
        settings(),
        server ->
            assertThatThrownBy(() -> serving(settings(), other -> {}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("held by another halfstep")
                .hasMessageContaining(Long.toString(ProcessHandle.current().pid())));
  }

  @Test
  void aJournalThatIsNotThereIsNamed() {
    ServiceSettings settings =
        settings()
            .with("journal.url", "jdbc:postgresql://127.0.0.1:1/none")
            .with("journal.user", "nobody");

    assertThatThrownBy(() -> serving(settings, server -> {}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/none cannot be opened");
    assertThatThrownBy(() -> serving(settings().with("journal.url", "mysql"), server -> {}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected jdbc:postgresql:");
  }
}
