package io.halfstep.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.http.RunningServer.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of sizes and times, and the statuses of invalid requests. */
class RequestLimitsTest {
  private static final String INFER = "/v2/models/net/infer";
  private static final String CHUNKED =
      "POST %s HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\nConnection: close\n%s\n\n";
  private static Path folder;
  private static RunningServer server;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    server = RunningServer.start(temporary.resolve("state"), "http.request-bytes", "24 MiB");
    server.submitResnet("net");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void isError(Answer answer, int status, String said) throws IOException {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(new ObjectMapper().readTree(answer.body()).path("error").asText()).contains(said);
  }

  private static byte[] packed(byte[] body, boolean gzip) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out =
        gzip ? new GZIPOutputStream(packed) : new DeflaterOutputStream(packed)) {
      out.write(body);
    }
    return packed.toByteArray();
  }

  private static byte[] chunked(byte[] body, int size) {
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    for (int at = 0; at < body.length; at += size) {
      int length = Math.min(size, body.length - at);
      chunks.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(ISO_8859_1));
      chunks.write(body, at, length);
      chunks.writeBytes("\r\n".getBytes(ISO_8859_1));
    }
    chunks.writeBytes("0\r\n\r\n".getBytes(ISO_8859_1));
    return chunks.toByteArray();
  }

  private static Answer sendChunked(byte[] chunks, String... headers) throws IOException {
    return server.send(CHUNKED.formatted(INFER, String.join("\n", headers)), chunks);
  }

  /** As 16 images of ImageNet in FP32, and more. */
  @Test
  void bodiesUpToTheLimitAreTaken() throws Exception {
    byte[] body = RunningServer.images("FP32", 4, 4000); // 12.5 MB
    String length = RunningServer.jsonLength("FP32", 4, 4000);

    assertThat(server.post(INFER, body, length).status()).isEqualTo(202);
    assertThat(server.post(INFER, packed(body, true), length, "Content-Encoding: gzip").status())
        .isEqualTo(202);
    assertThat(
            server.post(INFER, packed(body, false), length, "Content-Encoding: deflate").status())
        .isEqualTo(202);
    assertThat(sendChunked(chunked(body, 100_000), length).status()).isEqualTo(202);
    assertThat(
            sendChunked(chunked(packed(body, true), 1000), length, "Content-Encoding: gzip")
                .status())
        .isEqualTo(202);
  }

  @Test
  void bodiesBeyondTheLimitAreToldSo() throws Exception {
    byte[] body = RunningServer.images("FP32", 4, 8100); // 25.4 MB
    String length = RunningServer.jsonLength("FP32", 4, 8100);

    String asksFirst =
        """
        POST %s HTTP/1.1
        Host: localhost
        Content-Length: 26000000
        Expect: 100-continue

        """;
    isError(
        server.send(asksFirst.formatted(INFER)),
        413,
        "longer than 25165824 bytes (http.request-bytes)");
    isError(
        server.post(INFER, packed(body, true), length, "Content-Encoding: gzip"),
        413,
        "more than 25165824 bytes when unpacked");
    isError(sendChunked(chunked(body, 1 << 20), length), 413, "longer than 25165824 bytes");
    isError(
        server.post(INFER, body, length),
        413,
        "longer than"); // a client that sends everything before it reads
    isError(server.post("/v2/models/none/infer", body, length), 404, "'none'");
    try (RunningServer small =
        RunningServer.start(folder.resolve("small"), "jobs.model-bytes", "1 KiB")) {
      isError(small.submit("net", ""), 413, "longer than 1024 bytes");
    }
  }

  @Test
  void aBodyThatComesTooSlowlyIsToldSo(@TempDir Path state) throws Exception {
    try (RunningServer patient = RunningServer.start(state.resolve("state"))) {
      patient.submitResnet("net");
    }
    try (RunningServer hasty =
        RunningServer.start(state.resolve("state"), "http.body-timeout", "300 ms")) {
      hasty.awaitOpen("net");
      String head =
          "POST %s HTTP/1.1\nHost: localhost\nHalfstep-Client: test\n%sContent-Length: 99\n\n{";
      isError(hasty.send(head.formatted(INFER, "")), 408, "too slowly");
      isError(
          hasty.send(head.formatted("/jobs", "Content-Type: multipart/form-data; boundary=b\n")),
          408,
          "too slowly");
      // byte by byte: each is in time, the whole is not
      try (Socket socket = hasty.connect()) {
        RunningServer.write(
            socket, head.formatted(INFER, "").replace("\n", "\r\n").getBytes(ISO_8859_1));
        for (int i = 0; i < 98 && socket.getInputStream().available() == 0; i++) {
          RunningServer.write(socket, " ".getBytes(ISO_8859_1));
          Thread.sleep(20);
        }
        isError(RunningServer.answer(socket), 408, "too slowly");
      }
    }
  }

  @RepeatedTest(20) // whether the parser of parts fails before or after it is asked is up to chance
  void malformedBodiesAreToldSo() throws Exception {
    try (Socket socket = server.connect()) {
      String request = CHUNKED.formatted(INFER, "Accept: */*") + "no chunk\n\n";
      RunningServer.write(socket, request.replace("\n", "\r\n").getBytes(UTF_8));
      isError(RunningServer.answerBeforeReset(socket), 400, "chunk");
    }
    isError(
        server.post(INFER, "no gzip".getBytes(UTF_8), "Content-Encoding: gzip"), 400, "not gzip");
    for (String form : new String[] {"no parts", "--b\r\nno header\r\n\r\n", "--b\r\n\r\nopen"}) {
      isError(
          server.post(
              "/jobs?name=x",
              form.getBytes(UTF_8),
              "Halfstep-Client: test",
              "Content-Type: multipart/form-data; boundary=b"),
          400,
          "");
    }
    isError(
        server.post(
            "/jobs?name=x",
            "--b--".getBytes(UTF_8),
            "Halfstep-Client: test",
            "Content-Type: multipart/form-data"),
        400,
        "");
  }

  @Test
  void otherMethodsAreToldWhichThereAre() throws Exception {
    String none = "Halfstep-Client: test";
    Answer put = server.request("PUT", "/jobs", new byte[0], none);
    isError(put, 405, "expected one of the methods");
    assertThat(put.header("Allow").split(", ")).containsExactlyInAnyOrder("GET", "HEAD", "POST");
    assertThat(server.get("/jobs/net-1/pause").header("Allow")).isEqualTo("POST");
    assertThat(server.get(INFER).status()).isEqualTo(405);
    assertThat(server.get(INFER).header("Allow")).isEqualTo("POST");
    assertThat(server.post("/v2/health/live", new byte[0], none).status()).isEqualTo(405);
    assertThat(server.post("/metrics", new byte[0], none).header("Allow")).isEqualTo("GET, HEAD");
    assertThat(server.get("/nothing").status()).isEqualTo(404);
  }

  @Test
  void headIsGetWithoutItsBody() throws Exception {
    for (String path :
        new String[] {"/v2/health/live", "/metrics", "/jobs", "/jobs/net-1", "/v2/models/net"}) {
      Answer head = server.request("HEAD", path, new byte[0]);
      assertThat(head.status()).as(path).isEqualTo(200);
      assertThat(head.body()).isEmpty();
    }
    assertThat(server.request("HEAD", "/jobs/none-1", new byte[0]).status()).isEqualTo(404);
    assertThat(server.request("HEAD", "/jobs/net-1/events", new byte[0]).status()).isEqualTo(200);
  }

  @Test
  void otherTypesAndEncodingsAreToldWhichThereAre() throws Exception {
    byte[] body = "{}".getBytes(UTF_8);
    isError(server.post(INFER, body, "Content-Type: text/html"), 415, "application/json");
    Answer encoding = server.post(INFER, body, "Content-Encoding: br");
    isError(encoding, 415, "gzip, deflate");
    assertThat(encoding.header("Accept-Encoding")).isEqualTo("gzip, deflate");
    isError(server.post("/jobs", body, "Content-Type: application/json"), 415, "multipart");
    isError(
        server.post(
            "/jobs",
            packed("--b--".getBytes(UTF_8), true),
            "Halfstep-Client: test",
            "Content-Type: multipart/form-data; boundary=b",
            "Content-Encoding: gzip"),
        415,
        "Content-Encoding");
  }

  @Test
  void deeplyNestedJsonIsRefused() throws Exception {
    for (String json :
        new String[] {
          "[".repeat(100_000),
          "{\"inputs\":[{\"name\":\"image\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":"
              + "[".repeat(100_000),
          "{\"a\":".repeat(100_000),
          "{\"parameters\":{\"a\":" + "[".repeat(100_000)
        }) {
      assertThat(server.post(INFER, json.getBytes(UTF_8)).status()).isEqualTo(400);
    }
  }

  @Test
  void plansOfStrangersReadNothingOfTheServers() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret.conf"), "layers = [{match = SECRET}]\n");
    String[] plans = {
      "include file(\"%s\")".formatted(secret),
      "include \"%s\"".formatted(secret),
      "include url(\"file:%s\")".formatted(secret),
      "include required(file(\"%s\"))".formatted(secret),
      "include classpath(\"service.conf\")",
      "include file(\"/dev/zero\")",
      "layers = [{match = ${PATH}}]",
      "layers = [{match = ${?user.home}}]",
      "layers = [{match = ${java.version}}]",
      "a = [" + "1,".repeat(9) + "]\nb = [${a}${a}]",
      "[".repeat(100_000),
      "{a:".repeat(100_000),
      "a.".repeat(100_000) + "a = 1",
      "# \"\n".repeat(10) + "x = " + "[".repeat(100_000),
      "x = \"\"\"\"\"\"\" " + "[".repeat(100_000),
    };
    for (String plan : plans) {
      Answer answer = server.submit("evil", plan);
      assertThat(answer.status()).as(answer.text()).isEqualTo(400);
      assertThat(answer.body())
          .contains("plan.conf")
          .doesNotContain("SECRET", folder.toString(), System.getenv("PATH"));
    }
    isError(server.submit("evil", "#" + "x".repeat(2 << 20)), 413, "plan");
    assertThat(server.get("/jobs").body()).doesNotContain("evil");
  }

  @Test
  void plansOfStrangersNameNoFilesAndNoResources() throws Exception {
    for (String plan :
        new String[] {
          "data = [/etc/passwd]",
          "out = /tmp/x.onnx",
          "report = /tmp/x.html",
          "encodings = /tmp/x.json",
          "spool-dir = /tmp",
          "memory = 64g",
          "threads = 1000"
        }) {
      isError(server.submit("evil", plan), 400, "the service's own matter");
    }
  }

  @Test
  void namesOfUploadedFilesLeadNowhereElse() throws Exception {
    for (String name : new String[] {"../x.onnx", "/tmp/x.onnx", "..", ".hidden", "a/b", ""}) {
      byte[] body =
          "--b\r\nContent-Disposition: form-data; name=\"model\"; filename=\"%s\"\r\n\r\nx\r\n--b--\r\n"
              .formatted(name)
              .getBytes(ISO_8859_1);
      isError(
          server.post(
              "/jobs?name=evil",
              body,
              "Content-Type: multipart/form-data; boundary=b",
              "Halfstep-Client: test"),
          400,
          "is not one of letters");
    }
  }

  @Test
  void whatWasSentIsNotRepeatedAtLength() throws Exception {
    String name = "x".repeat(500_000);
    String json =
        "{\"inputs\":[{\"name\":\"%s\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}";
    Answer answer = server.post(INFER, json.formatted(name).getBytes(UTF_8));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text().length()).isLessThan(3000);
    assertThat(server.submit("evil", "k" + name + " = 1").text().length()).isLessThan(3000);
  }

  @Test
  void integersThatWouldBeRoundedAreRefused() throws Exception {
    String json =
        "{\"inputs\":[{\"name\":\"image\",\"shape\":[1,1,28,28],\"datatype\":\"%s\",\"data\":[%s%s]}]}";
    String rest = ",1".repeat(783);
    isError(
        server.post(INFER, json.formatted("INT64", "4611686018427387905", rest).getBytes(UTF_8)),
        400,
        "4611686018427387905 is not exact as FLOAT");
    assertThat(server.post(INFER, json.formatted("FP64", "0.1", rest).getBytes(UTF_8)).status())
        .isEqualTo(202);
    isError(
        server.post(INFER, json.formatted("FP64", "1e300", rest).getBytes(UTF_8)), 400, "Infinity");
  }
}
