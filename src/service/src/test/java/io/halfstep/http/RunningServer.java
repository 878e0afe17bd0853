package io.halfstep.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.halfstep.service.Service;
import io.halfstep.service.settings.ServiceSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A server in this process with raw connections, as browsers, attackers and proxies use it. */
final class RunningServer implements AutoCloseable {
  private static final Path RESNET = Path.of("src/examples/fashion-mnist/resnet14.onnx");
  private static final int PATIENCE_MILLIS = 30_000;

  private final Service service;
  private final HttpServer server;
  private String token = "";

  private RunningServer(Service service, HttpServer server) {
    this.service = service;
    this.server = server;
  }

  static RunningServer start(Path state, Object... settings) {
    ServiceSettings all =
        ServiceSettings.read(null).with("state", state.toString()).with("http.port", 0);
    for (int i = 0; i < settings.length; i += 2) {
      all = all.with((String) settings[i], settings[i + 1]);
    }
    Service service = Service.start(all, new WireRequests(1 << 20));
    return new RunningServer(service, HttpServer.start(service, () -> "metric 1\n"));
  }

  /** An answer: its status and its full text. */
  record Answer(int status, String text) {
    String header(String name) {
      return text.lines()
          .takeWhile(line -> !line.isEmpty())
          .filter(line -> line.regionMatches(true, 0, name + ": ", 0, name.length() + 2))
          .map(line -> line.substring(name.length() + 2))
          .findFirst()
          .orElse("");
    }

    String body() {
      return text.substring(text.indexOf("\r\n\r\n") + 4);
    }
  }

  int port() {
    return server.port();
  }

  /** Sets the token of requests that have no other; empty for none. */
  void token(String text) {
    token = text;
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  /** Sends a request with HTTP's line ends and reads until the server closes. */
  Answer send(String head, byte[] body) throws IOException {
    try (Socket socket = connect()) {
      write(socket, head.replace("\n", "\r\n").getBytes(ISO_8859_1));
      write(socket, body);
      return answer(socket);
    }
  }

  Answer send(String head) throws IOException {
    return send(head, new byte[0]);
  }

  Answer get(String path, String... headers) throws IOException {
    return request("GET", path, new byte[0], headers);
  }

  Answer post(String path, byte[] body, String... headers) throws IOException {
    return request("POST", path, body, headers);
  }

  /** A request with the body's length and, unless the headers have one, a Host. */
  Answer request(String method, String path, byte[] body, String... headers) throws IOException {
    StringBuilder head = new StringBuilder("%s %s HTTP/1.1\n".formatted(method, path));
    String given = String.join("\n", headers);
    if (!given.contains("Host:")) {
      head.append("Host: localhost:").append(port()).append('\n');
    }
    if (!token.isEmpty() && !given.contains("Authorization:")) {
      head.append("Authorization: Bearer ").append(token).append('\n');
    }
    for (String header : headers) {
      head.append(header).append('\n');
    }
    if (body.length > 0 || method.equals("POST")) {
      head.append("Content-Length: ").append(body.length).append('\n');
    }
    return send(head.append("Connection: close\n\n").toString(), body);
  }

  static void write(Socket socket, byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
  }

  /** Reads until the server closes. */
  static Answer answer(Socket socket) throws IOException {
    return answer(socket.getInputStream().readAllBytes());
  }

  /** Reads until the server closes or resets, as Akka does if what it receives is not HTTP. */
  static Answer answerBeforeReset(Socket socket) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(bytes);
    } catch (SocketException e) {
      if (bytes.size() == 0) {
        throw e;
      }
    }
    return answer(bytes.toByteArray());
  }

  private static Answer answer(byte[] bytes) {
    String text = new String(bytes, ISO_8859_1);
    return new Answer(text.isEmpty() ? 0 : Integer.parseInt(text.substring(9, 12)), text);
  }

  /** Submits the bundled ResNet-14 for 28×28 images; waits until it takes samples. */
  void submitResnet(String name) throws Exception {
    Answer answer = submit(name, "weights = 4\n");
    if (answer.status() != 201) {
      throw new IllegalStateException(answer.text());
    }
    awaitOpen(name);
  }

  void awaitOpen(String name) throws Exception {
    long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000L;
    while (get("/v2/models/" + name + "/ready").status() != 200) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("the job does not open");
      }
      Thread.sleep(20);
    }
  }

  Answer submit(String name, String plan) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(part("plan", "plan.conf").getBytes(ISO_8859_1));
    body.writeBytes(plan.getBytes(ISO_8859_1));
    body.writeBytes(("\r\n" + part("model", "model.onnx")).getBytes(ISO_8859_1));
    body.writeBytes(Files.readAllBytes(RESNET));
    body.writeBytes("\r\n--b--\r\n".getBytes(ISO_8859_1));
    return post(
        "/jobs?samples=100000&name=" + name,
        body.toByteArray(),
        "Content-Type: multipart/form-data; boundary=b",
        "Halfstep-Client: test");
  }

  private static String part(String name, String file) {
    return String.join(
        "\r\n",
        "--b",
        "Content-Disposition: form-data; name=\"%s\"; filename=\"%s\"".formatted(name, file),
        "Content-Type: application/octet-stream",
        "",
        "");
  }

  /** A request of the protocol with binary data: black images. */
  static byte[] images(String type, int bytesEach, int images) {
    int bytes = 28 * 28 * bytesEach * images;
    byte[] json = imagesHead(type, bytes, images).getBytes(ISO_8859_1);
    byte[] body = java.util.Arrays.copyOf(json, json.length + bytes);
    return body;
  }

  static String jsonLength(String type, int bytesEach, int images) {
    return "Inference-Header-Content-Length: "
        + imagesHead(type, 28 * 28 * bytesEach * images, images).length();
  }

  private static String imagesHead(String type, int bytes, int images) {
    return ("{\"inputs\":[{\"name\":\"image\",\"shape\":[%d,1,28,28],\"datatype\":\"%s\","
            + "\"parameters\":{\"binary_data_size\":%d}}]}")
        .formatted(images, type, bytes);
  }

  @Override
  public void close() {
    server.close();
    service.close();
  }
}
