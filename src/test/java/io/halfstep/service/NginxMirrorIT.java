package io.halfstep.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
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
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** An inference server behind nginx, whose {@code mirror} gives the service what clients send. */
@EnabledOnOs(OS.LINUX)
class NginxMirrorIT {
  private static final int PIXELS = 28 * 28;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Test
  void whatClientsSendIsTakenUnchanged(@TempDir Path folder) throws Exception {
    Path nginx = Path.of("/usr/sbin/nginx");
    assumeTrue(Files.isExecutable(nginx), "no nginx here (Debian: apt-get install nginx-light)");
    HttpServer upstream = inferenceServer();
    int port = freePort();
    try (ServiceProcess service = ServiceProcess.start(folder.resolve("service"))) {
      String id = service.submitResnet("resnet", 64);
      Path config = folder.resolve("nginx.conf");
      Files.writeString(
          config, config(folder, port, upstream.getAddress().getPort(), service.port()));
      Process proxy =
          new ProcessBuilder(
                  nginx.toString(),
                  "-p",
                  folder.toString(),
                  "-c",
                  config.toString(),
                  "-e",
                  "stderr")
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("nginx.log").toFile())
              .start();
      try {
        ServiceProcess.await("nginx", () -> listens(port));
        URI infer = URI.create("http://127.0.0.1:" + port + "/v2/models/resnet/infer");

        // tritonclient.http: binary data behind the JSON, one connection kept for all
        for (int i = 0; i < 3; i++) {
          assertServed(send(infer, binary(2), "Inference-Header-Content-Length", jsonLength(2)));
        }
        // tritonclient.http with request_compression_algorithm="gzip"
        assertServed(
            send(
                infer,
                gzip(binary(2)),
                "Inference-Header-Content-Length",
                jsonLength(2),
                "Content-Encoding",
                "gzip"));
        // KServe's InferenceClient, curl: JSON, to a version, chunked or not
        URI versioned = URI.create(infer.toString().replace("/infer", "/versions/1/infer"));
        assertServed(send(infer, json(), "Content-Type", "application/json"));
        assertServed(send(versioned, gzip(json()), "Content-Encoding", "gzip"));
        assertServed(
            http.send(
                HttpRequest.newBuilder(infer)
                    .POST(
                        HttpRequest.BodyPublishers.ofInputStream(
                            () -> new java.io.ByteArrayInputStream(json())))
                    .build(),
                HttpResponse.BodyHandlers.ofByteArray()));

        service.awaitJob(id, "mirrored", job -> job.at("/samples/taken").asInt() == 11);
        assertThat(service.job(id).at("/samples/refused")).isEmpty();
      } finally {
        proxy.destroy();
        assertThat(proxy.waitFor(10, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      upstream.stop(0);
    }
  }

  /** Mirrors as an operator would: the answer of the mirror is nobody's business. */
  private static String config(Path folder, int port, int upstream, int service) {
    return """
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
          client_max_body_size 64m;
          upstream halfstep { server 127.0.0.1:%4$d; keepalive 8; }
          server {
            listen 127.0.0.1:%2$d;
            location / {
              mirror /halfstep;
              proxy_pass http://127.0.0.1:%3$d;
            }
            location = /halfstep {
              internal;
              proxy_pass http://halfstep$request_uri;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
            }
          }
        }
        """
        .formatted(folder, port, upstream, service);
  }

  /** Answers each request alike. */
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

  private HttpResponse<byte[]> send(URI uri, byte[] body, String... headers) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri)
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
