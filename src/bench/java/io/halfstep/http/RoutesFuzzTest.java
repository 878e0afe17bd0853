package io.halfstep.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.RequestEntity;
import akka.http.javadsl.model.Uri;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.scaladsl.model.IllegalHeaderException;
import akka.http.scaladsl.model.IllegalUriException;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests by HTTP. In paths, the character {@code ~} stands for the id of the job. */
class RoutesFuzzTest {
  private static final String INFER =
      "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1.5,-2]}]}";
  private static final Pattern HEADERS =
      Pattern.compile(
          "(HTTP/1\\.1 (?!500)[1-5][0-9][0-9] [A-Za-z '-]+\r\n"
              + "((Content-(Type|Length|Security-Policy|Range)|Server|Date|Connection|Location|Allow|ETag"
              + "|Transfer-Encoding|Retry-After|WWW-Authenticate|Accept-(Encoding|Ranges)|Last-Modified"
              + "|X-Content-Type-Options|Referrer-Policy|Cross-Origin-[A-Za-z-]+|Cache-Control)"
              + ": [^\r\n]*\r\n)*\r\n)?");

  private static FuzzedService service;
  private static HttpServer server;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    service = new FuzzedService(folder);
    server = HttpServer.start(service.service(), () -> "metric 1\n");
  }

  @AfterAll
  static void stop() {
    server.close();
    service.close();
  }

  /** Requests as text: method and path, headers, an empty line, the body. */
  static Stream<byte[]> requests() {
    List<String> requests = new ArrayList<>();
    for (String path :
        """
        / /ui/page.js /v2 /v2/health/live /v2/health/ready /metrics /openapi.yaml
        /v2/models/net /v2/models/net/ready /jobs /jobs?limit=1&after=net-1 /jobs?follow=true
        /jobs/~ /jobs/~/events /jobs/~/logs?lines=3 /jobs/~/logs?follow=true /jobs/~/graph
        /jobs/~/stages /jobs/~/stages?follow=true /jobs/~/layers/y /jobs/~/producers/p
        /jobs/~/versions/latest/model /jobs/~/versions/1/report"""
            .split("\\s+", -1)) {
      requests.add("GET " + path + "\nHost: localhost\n\n");
    }
    for (String action : List.of("pause", "resume", "seal", "cancel", "rollback?version=1")) {
      requests.add("POST /jobs/~/" + action + "\nHost: localhost\nHalfstep-Client: a\n\n");
    }
    requests.add("DELETE /jobs/~\nHost: localhost\nHalfstep-Client: a\n\n");
    requests.add("GET /jobs/%2e%2e/x\nHost: [::1]:1\nRange: bytes=0-9,3-\nLast-Event-ID: 7\n\n");
    requests.add(
        "POST /jobs?path=net.onnx\nHost: localhost\nHalfstep-Client: a\n"
            + "Content-Type: multipart/form-data; boundary=b\nContent-Length: 5\n\n--b--");
    requests.add(
        "POST /v2/models/net/infer\nHost: localhost\nOrigin: http://localhost\n"
            + "Content-Type: application/json\nContent-Length: 20\n\n"
            + INFER);
    requests.add(
        "POST /v2/models/net/versions/1/infer\nHost: h\nContent-Encoding: gzip\n"
            + "Inference-Header-Content-Length: 0\nExpect: 100-continue\n\nabc");
    for (String token : FuzzedService.TOKENS) {
      requests.add("GET /jobs\nAuthorization: Bearer " + token + "\n\n");
      requests.add("POST /v2/models/net/infer\nAuthorization: Bearer " + token + "\n\n" + INFER);
    }
    requests.add(
        """
        OPTIONS /jobs
        Host: localhost
        Origin: http://a
        If-None-Match: "a", *
        Access-Control-Request-Method: POST
        Cookie: a=b
        Connection: close

        """);
    return requests.stream().map(text -> text.getBytes(ISO_8859_1));
  }

  /** The routes, without Akka's parser. */
  @MethodSource("requests")
  @FuzzTest
  void route(byte[] input) throws IOException {
    String text = new String(input, ISO_8859_1);
    int end = text.indexOf("\n\n");
    String[] lines = (end < 0 ? text : text.substring(0, end)).split("\n", -1);
    String[] first = lines[0].split(" ", 2);
    Optional<HttpMethod> method = HttpMethods.lookup(first[0]);
    if (method.isEmpty() || first.length < 2 || !first[1].startsWith("/") || lines.length > 99) {
      return; // Akka's parser refuses it
    }
    HttpRequest request;
    try {
      request =
          HttpRequest.create()
              .withMethod(method.get())
              .withUri(Uri.create(withJob(first[1]), Uri.RELAXED));
    } catch (IllegalUriException | IllegalArgumentException e) {
      return;
    }
    ContentType type = ContentTypes.NO_CONTENT_TYPE;
    long length = -1;
    for (int i = 1; i < lines.length; i++) {
      String[] header = lines[i].split(": ?", 2);
      if (header.length < 2 || header[0].isEmpty()) {
        continue;
      }
      if (header[0].equalsIgnoreCase("Content-Type")) {
        type = type(header[1]);
      } else if (header[0].equalsIgnoreCase("Content-Length")) {
        length = header[1].matches("[1-9][0-9]{0,17}") ? Long.parseLong(header[1]) : 0;
      } else {
        request = request.addHeader(header(header[0], header[1]));
      }
    }
    String body = end < 0 ? "" : text.substring(end + 2);
    service.check(request.withEntity(body(type, length, body.getBytes(ISO_8859_1))));
  }

  private static String withJob(String path) {
    return path.replace("~", service.job());
  }

  private static ContentType type(String text) {
    try {
      return ContentTypes.parse(text);
    } catch (NoSuchElementException e) { // it can't be parsed
      return ContentTypes.APPLICATION_OCTET_STREAM;
    }
  }

  private static HttpHeader header(String name, String value) {
    try {
      return HttpHeader.parse(name, value);
    } catch (IllegalArgumentException | IllegalHeaderException e) {
      return RawHeader.create(name, value);
    }
  }

  /** A body of known length, or in chunks if that is negative, as they come from the network. */
  private static RequestEntity body(ContentType type, long length, byte[] bytes) {
    int size = 1 + bytes.length % 97;
    List<ByteString> chunks = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += size) {
      chunks.add(ByteString.fromArray(bytes, at, Math.min(size, bytes.length - at)));
    }
    if (length < 0) {
      return HttpEntities.createChunked(type, Source.from(chunks));
    }
    return length == 0
        ? HttpEntities.create(type, bytes)
        : HttpEntities.create(type, length, Source.from(chunks));
  }

  /** Submissions: the parameters, the content type, the parts; each begins on a new line. */
  static Stream<byte[]> uploads() {
    byte[] model = FuzzedService.model().proto().toByteArray();
    String type = "multipart/form-data; boundary=b";
    String head = "\r\nContent-Disposition: form-data; name=";
    return Stream.of(
        upload("name=a&samples=4", type, "--b" + head + "model; filename=a.onnx", model),
        upload(
            "versions=0&sampling=0.5&every=9&half-life=5",
            type,
            "--b"
                + head
                + "\"plan\"; filename=\"plan.conf\"\r\nContent-Type: text/plain\r\n\r\nweights = 4\r\n--b"
                + head
                + "\"model\"; filename=\"../a.onnx\"",
            model),
        upload(
            "versions=0&half-life=5",
            type,
            "--b" + head + "model\r\n\r\n4\r\n--b" + head + "x; filen\u00e1",
            model),
        upload("path=net.onnx", type, "--b" + head + "data; filename*=UTF-8''w%2e", model),
        upload("path=../secret&folder=/etc&topic=t", type, "--b--", new byte[0]),
        upload(
            "",
            "multipart/form-data; boundary=\"a b\"",
            "preamble\r\n--a b"
                + head
                + "plan\r\nContent-Type: multipart/mixed; boundary=c\r\n"
                + "Content-Length: 999999999999\r\n\r\n--c\r\n\r\n--c--\r\n--a b--\r\n--b",
            new byte[9]),
        upload("a=b", "multipart/mixed; boundary=b", "--b\r\n\r\n--b--", new byte[0]));
  }

  private static byte[] upload(String parameters, String type, String parts, byte[] last) {
    ByteArrayOutputStream upload = new ByteArrayOutputStream();
    upload.writeBytes((parameters + "\n" + type + "\n" + parts + "\r\n\r\n").getBytes(UTF_8));
    upload.writeBytes(last);
    upload.writeBytes("\r\n--b--\r\n".getBytes(UTF_8));
    return upload.toByteArray();
  }

  /** Submissions. */
  @MethodSource("uploads")
  @FuzzTest
  void upload(byte[] input) throws IOException {
    String[] lines = new String(input, ISO_8859_1).split("\n", 3);
    if (lines.length < 3) {
      return;
    }
    HttpRequest request;
    try {
      request = HttpRequest.POST("/jobs?" + withJob(lines[0]));
    } catch (IllegalUriException | IllegalArgumentException e) {
      return;
    }
    service.check(
        request
            .addHeader(RawHeader.create("Host", "localhost"))
            .addHeader(RawHeader.create(PageGuard.CLIENT_HEADER, "fuzz"))
            .withEntity(body(type(lines[1]), -1, lines[2].getBytes(ISO_8859_1))));
  }

  /** The same requests with the line ends of HTTP, and some that Akka's parser must refuse. */
  static Stream<byte[]> connections() {
    return Stream.concat(
            requests()
                .map(bytes -> new String(bytes, ISO_8859_1))
                .map(text -> text.replaceFirst("\n", " HTTP/1.1\n")),
            Stream.of(
                """
                GET / HTTP/1.0

                GET /jobs HTTP/1.1
                Host: localhost

                """,
                """
                POST /v2/models/net/infer HTTP/1.1
                Host: a
                Transfer-Encoding: chunked

                5;a=b
                {"inp
                0
                Trailer: t

                """,
                """
                POST /jobs HTTP/1.1
                Host: a
                Content-Length: 3
                Content-Length: 4

                abcd""",
                """
                PRI * HTTP/2.0

                SM

                \0\0\0\4\0\0\0\0\0""",
                """
                GET /metrics HTTP/1.1
                Host: localhost
                Upgrade: h2c
                HTTP2-Settings: AA
                Connection: Upgrade, HTTP2-Settings

                """))
        .map(text -> text.replace("\n", "\r\n"))
        .map(text -> text.getBytes(ISO_8859_1));
  }

  /** What comes over a connection. */
  @MethodSource("connections")
  @FuzzTest
  void wire(byte[] input) throws IOException {
    byte[] sent = withJob(new String(input, ISO_8859_1)).getBytes(ISO_8859_1);
    SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    service.check(
        () -> {
          try (SocketChannel channel = SocketChannel.open(address)) {
            Socket socket = channel.socket();
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(sent);
            socket.shutdownOutput();
            String answer = answer(socket);
            int end = answer.indexOf("\r\n\r\n");
            String head = end < 0 ? answer : answer.substring(0, end + 4);
            FuzzedService.require(HEADERS.matcher(head).matches(), "an unknown header: " + head);
            return answer;
          }
        });
  }

  /** Reads until the server closes, or the first of an answer without an end. */
  private static String answer(Socket socket) throws IOException {
    StringBuilder answer = new StringBuilder();
    byte[] bytes = new byte[1 << 16];
    int read = 0;
    while (read >= 0 && answer.indexOf("text/event-stream") < 0) {
      read = socket.getInputStream().read(bytes);
      answer.append(new String(bytes, 0, Math.max(0, read), ISO_8859_1));
    }
    return answer.toString();
  }
}
