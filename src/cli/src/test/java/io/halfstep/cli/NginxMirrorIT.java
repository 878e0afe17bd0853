package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.halfstep.service.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * An inference server behind nginx, whose {@code mirror} sends copies of requests to the service.
 */
@EnabledOnOs(OS.LINUX)
class NginxMirrorIT {
  private static final int PIXELS = 28 * 28;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** nginx with the documented configuration in front of an inference server and a service. */
  private static final class Mirror implements AutoCloseable {
    private final HttpServer upstream = inferenceServer();
    private final ServiceProcess service;
    private final String job;
    private final Path log;
    private final Process proxy;
    private final URI infer;

    Mirror(Path folder) throws Exception {
      Path nginx = Path.of("/usr/sbin/nginx");
      assumeTrue(Files.isExecutable(nginx), "no nginx here (Debian: apt-get install nginx-light)");
      service = ServiceProcess.start(folder.resolve("service"));
      job = service.submitResnet("resnet", 1_000_000);
      int port = freePort();
      infer = URI.create("http://127.0.0.1:" + port + "/v2/models/resnet/infer");
      Path config = folder.resolve("nginx.conf");
      Files.writeString(
          config,
          AROUND.formatted(folder)
              + documented()
                  .replace("listen 80;", "listen 127.0.0.1:" + port + ";")
                  .replace("127.0.0.1:8000", "127.0.0.1:" + upstream.getAddress().getPort())
                  .replace("127.0.0.1:8620", "127.0.0.1:" + service.port())
                  .replace("127.0.0.1:8621", "127.0.0.1:" + freePort())
              + "}\n");
      log = folder.resolve("nginx.log");
      proxy =
          new ProcessBuilder(nginx.toString(), "-p", folder + "", "-c", config + "", "-e", "stderr")
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      Await.until("nginx", () -> listens(port));
    }

    private int taken() throws IOException, InterruptedException {
      return service.job(job).at("/samples/taken").asInt();
    }

    /** Repeats a request until it is mirrored; nginx skips the mirror while the service is slow. */
    void mirrors(Request request) throws Exception {
      int before = taken();
      Await.until(
          "mirrored",
          () -> {
            assertServed(request.send());
            return taken() > before;
          });
    }

    void signal(String name) throws Exception {
      String[] kill = {"kill", "-" + name, Long.toString(service.pid())};
      assertThat(new ProcessBuilder(kill).start().waitFor()).isZero();
    }

    @Override
    public void close() {
      proxy.destroy();
      service.close();
      upstream.stop(0);
      proxy.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    }
  }

  private interface Request {
    HttpResponse<byte[]> send() throws IOException, InterruptedException;
  }

  @Test
  void whatClientsSendIsTakenUnchanged(@TempDir Path folder) throws Exception {
    try (Mirror mirror = new Mirror(folder)) {
      URI infer = mirror.infer;
      // tritonclient.http: binary data after the JSON, on one connection
      for (int i = 0; i < 3; i++) {
        mirror.mirrors(
            () -> send(infer, binary(2), "Inference-Header-Content-Length", jsonLength(2)));
      }
      // tritonclient.http with request_compression_algorithm="gzip"
      mirror.mirrors(
          () ->
              send(
                  infer,
                  gzip(binary(2)),
                  "Inference-Header-Content-Length",
                  jsonLength(2),
                  "Content-Encoding",
                  "gzip"));
      // KServe's InferenceClient, curl: JSON, to a version, chunked or not
      URI versioned = URI.create(infer.toString().replace("/infer", "/versions/1/infer"));
      mirror.mirrors(() -> send(infer, json(), "Content-Type", "application/json"));
      mirror.mirrors(() -> send(versioned, gzip(json()), "Content-Encoding", "gzip"));
      mirror.mirrors(
          () ->
              http.send(
                  HttpRequest.newBuilder(infer)
                      .POST(
                          HttpRequest.BodyPublishers.ofInputStream(
                              () -> new java.io.ByteArrayInputStream(json())))
                      .build(),
                  HttpResponse.BodyHandlers.ofByteArray()));
      // 1.5 MB, above nginx's default limit
      mirror.mirrors(
          () -> send(infer, binary(2000), "Inference-Header-Content-Length", jsonLength(2000)));

      assertThat(mirror.service.job(mirror.job).at("/samples/refused")).isEmpty();
    }
  }

  /**
   * On a keep-alive connection, a mirrored request delays the next one. Each request that waits for
   * the service is logged by nginx; all others skip the mirror.
   */
  @Test
  void aServiceThatHangsDoesNotHoldUpProduction(@TempDir Path folder) throws Exception {
    try (Mirror mirror = new Mirror(folder)) {
      Request request =
          () -> send(mirror.infer, binary(2), "Inference-Header-Content-Length", jsonLength(2));
      mirror.mirrors(request);
      mirror.signal("STOP");
      long start = System.nanoTime();
      for (int i = 0; i < 300; i++) {
        assertServed(request.send());
      }
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
      long waited =
          Files.readString(mirror.log).lines().filter(line -> line.contains("timed out")).count();
      assertThat(waited).isBetween(1L, 2 + seconds / 10);

      mirror.signal("CONT");
      mirror.mirrors(request);
    }
  }

  private static final String AROUND =
      """
      daemon off;
      master_process off;
      pid %1$s/nginx.pid;
      events {}
      http {
        access_log off;
        client_body_temp_path %1$s/body;
        proxy_temp_path %1$s/proxy;
        fastcgi_temp_path %1$s/fastcgi;
        uwsgi_temp_path %1$s/uwsgi;
        scgi_temp_path %1$s/scgi;
      """;

  /** Returns the documented configuration. */
  private static String documented() throws IOException {
    String page = Files.readString(Path.of("src/site/service.md"));
    int start = page.indexOf("```nginx\n") + "```nginx\n".length();
    return page.substring(start, page.indexOf("```", start));
  }

  /** Answers all requests alike. */
  private static HttpServer inferenceServer() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          byte[] answer = "{\"outputs\":[]}".getBytes(UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          try (OutputStream body = exchange.getResponseBody()) {
            body.write(answer);
          }
        });
    server.start();
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private HttpResponse<byte[]> send(URI uri, byte[] body, String... headers)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(20))
            .headers(headers)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private static void assertServed(HttpResponse<byte[]> response) {
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(new String(response.body(), UTF_8)).isEqualTo("{\"outputs\":[]}");
  }

  private static String head(int samples) {
    return ("{\"id\":\"42\",\"inputs\":[{\"name\":\"image\",\"shape\":[%d,1,28,28],\"datatype\":\"UINT8\","
            + "\"parameters\":{\"binary_data_size\":%d}}],\"outputs\":[{\"name\":\"logits\","
            + "\"parameters\":{\"binary_data\":true}}]}")
        .formatted(samples, samples * PIXELS);
  }

  private static String jsonLength(int samples) {
    return Integer.toString(head(samples).length());
  }

  private static byte[] binary(int samples) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(head(samples).getBytes(UTF_8));
    body.writeBytes(new byte[samples * PIXELS]);
    return body.toByteArray();
  }

  private static byte[] json() {
    String data = String.join(",", Collections.nCopies(PIXELS, "7"));
    return ("{\"inputs\":[{\"name\":\"image\",\"shape\":[1,1,28,28],\"datatype\":\"UINT8\",\"data\":["
            + data
            + "]}]}")
        .getBytes(UTF_8);
  }

  private static byte[] gzip(byte[] body) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(body);
    }
    return packed.toByteArray();
  }
}
