package io.halfstep.cli.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.halfstep.Quantization;
import io.halfstep.cli.CommandLineRun;
import io.halfstep.cli.Main;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.http.WireRequests;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.Service;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client commands when the service is unavailable or untrusted. */
@Timeout(120)
class ServiceClientTest {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final String JOB =
      "{\"id\":\"m-1\",\"status\":\"completed\",\"versions\":[{\"version\":1}]}";

  private final Path folder;

  ServiceClientTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static InetSocketAddress local(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Answers like a service with one job. */
  private static void answer(HttpServer server) {
    Map<String, String> answers =
        Map.of(
            "/jobs",
            "{\"jobs\":[" + JOB + "],\"id\":\"m-1\"}",
            "/jobs/m-1",
            JOB,
            "/jobs/m-1/rollback",
            "{\"id\":\"m-1\",\"current\":2}",
            "/jobs/m-1/events",
            "event:job\ndata:" + JOB + "\n\n",
            "/jobs/m-1/versions/latest/model",
            "a model");
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          byte[] body =
              answers.getOrDefault(exchange.getRequestURI().getPath(), "{}").getBytes(UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  /** Starts the service once the command has printed that it waits; returns what it prints. */
  private String waits(Object... args) throws Exception {
    int port = freePort();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Terminal terminal = new Terminal(new PrintWriter(out, true), new PrintWriter(err, true), 0);
    List<String> all = new ArrayList<>(Arrays.stream(args).map(Object::toString).toList());
    all.addAll(List.of("--url", "http://127.0.0.1:" + port));
    CompletableFuture<Integer> exitCode =
        CompletableFuture.supplyAsync(
            () -> Main.execute(terminal, Quantization::run, all.toArray(String[]::new)));
    while (!err.toString().contains("waiting") && !exitCode.isDone()) {
      Thread.sleep(5);
    }
    assertThat(exitCode).as(err.toString()).isNotDone();
    HttpServer server = HttpServer.create(local(port), 0);
    answer(server);
    try {
      assertThat(exitCode.get(60, TimeUnit.SECONDS)).as(out + "" + err).isZero();
      assertThat(err.toString()).contains("127.0.0.1:" + port + ": nothing listens there; waiting");
      return out.toString();
    } finally {
      server.stop(0);
    }
  }

  @Test
  void everyCommandWaitsForTheServiceToComeUp() throws Exception {
    Path model =
        OnnxGraphs.opset(13)
            .input("x", -1, 4)
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .write(folder.resolve("model.onnx"));
    waits("submit", model);
    waits("status");
    waits("status", "m-1");
    waits("jobs");
    waits("versions", "m-1");
    waits("pause", "m-1");
    waits("delete", "m-1", "--yes");
    waits("logs", "m-1");
    waits("logs", "m-1", "--follow");
    waits("watch", "m-1");
    assertThat(waits("rollback", "m-1", "--to", 2))
        .isEqualTo("m-1: version 2 is the current one\n");
    waits("fetch", "m-1", "--out", folder.resolve("out.onnx"));
    assertThat(folder.resolve("out.onnx")).hasContent("a model");
  }

  @Test
  void itDoesNotWaitForEver() throws Exception {
    String url = "http://127.0.0.1:" + freePort();
    Path out = folder.resolve("out.onnx");
    for (String command : new String[] {"status m-1", "watch m-1", "fetch m-1 --out " + out}) {
      CommandLineRun run =
          CommandLineRun.of((Object[]) (command + " --patience 0 --url " + url).split(" ", -1));
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err())
          .contains(url + ": nothing listens there; is 'halfstep serve' running, and --url right?");
    }
  }

  @Test
  void aUrlThatIsNoneIsAMistake() {
    for (String url : new String[] {"127.0.0.1:8620", "ftp://there", "http://", "http://a b"}) {
      CommandLineRun run = CommandLineRun.of("status", "--url", url);
      assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
      assertThat(run.err()).contains("--url '" + url + "': expected http://HOST:PORT");
    }
    CommandLineRun nowhere = CommandLineRun.of("status", "--url", "http://no-such-host.invalid:1");
    assertThat(nowhere.exitCode()).isEqualTo(2);
    assertThat(nowhere.err()).contains("unknown host");
  }

  /**
   * Creates a keystore with a certificate of a separate authority, whose certificate is beside it.
   */
  private Path certificate(String name, String... more) throws Exception {
    Path keystore = folder.resolve(name + ".p12");
    String pair = "-genkeypair -keyalg EC -dname CN=" + name;
    keytool(keystore, pair + " -alias authority -ext bc:c");
    keytool(keystore, "-exportcert -alias authority -rfc -file " + folder.resolve(name + ".pem"));
    keytool(keystore, pair + " -alias service -signer authority " + String.join(" ", more));
    keytool(keystore, "-delete -alias authority");
    return keystore;
  }

  private static void keytool(Path keystore, String arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments.strip().split(" ", -1)));
    command.addAll(List.of("-storetype", "PKCS12", "-keystore", keystore.toString()));
    command.addAll(List.of("-storepass", new String(PASSWORD)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  private static HttpsServer serving(Path keystore) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keystore)) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(local(0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    answer(server);
    return server;
  }

  private void refuses(Path keystore, String authority, String message) throws Exception {
    HttpsServer server = serving(keystore);
    try {
      String url = "https://127.0.0.1:" + server.getAddress().getPort();
      CommandLineRun run =
          authority.isEmpty()
              ? CommandLineRun.of("status", "--url", url)
              : CommandLineRun.of(
                  "status", "--url", url, "--ca", folder.resolve(authority + ".pem"));
      assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
      assertThat(run.err()).startsWith("halfstep: " + url + ": ").contains(message).hasLineCount(1);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void whoSignedTheCertificateIsToldWithACertificateOfTheAuthority() throws Exception {
    Path keystore = certificate("private", "-ext", "SAN=ip:127.0.0.1");
    HttpsServer server = serving(keystore);
    try {
      CommandLineRun run =
          CommandLineRun.of(
              "status",
              "--url",
              "https://127.0.0.1:" + server.getAddress().getPort(),
              "--ca",
              folder.resolve("private.pem"));
      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.out()).contains("m-1", "completed");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aCertificateThatIsNotTrustedIsToldInPlainWords() throws Exception {
    Path keystore = certificate("private", "-ext", "SAN=ip:127.0.0.1");
    certificate("other");
    refuses(keystore, "", "signed by an authority that is not trusted here; name");
    refuses(keystore, "other", "signed by an authority that is not trusted here; name");
    Path elsewhere = certificate("elsewhere", "-ext", "SAN=dns:elsewhere.example");
    refuses(elsewhere, "elsewhere", "certificate is not for '127.0.0.1'");
    Path old =
        certificate("old", "-ext", "SAN=ip:127.0.0.1", "-startdate", "-3d", "-validity", "1");
    refuses(old, "old", "certificate is out of date");
  }

  @Test
  void aFileWithoutCertificatesIsAMistake() throws Exception {
    Path none = Files.writeString(folder.resolve("none.pem"), "nothing");
    for (Path file : new Path[] {none, folder.resolve("missing.pem")}) {
      CommandLineRun run =
          CommandLineRun.of("status", "--url", "https://127.0.0.1:1", "--ca", file);
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err()).contains("--ca " + file);
    }
  }

  @Test
  void tlsToAServiceWithoutItIsTold() {
    ServiceSettings settings =
        ServiceSettings.read(null)
            .with("state", folder.resolve("state").toString())
            .with("http.port", 0);
    try (Service service = Service.start(settings, new WireRequests(1 << 20));
        io.halfstep.http.HttpServer plain = io.halfstep.http.HttpServer.start(service, () -> "")) {
      CommandLineRun run =
          CommandLineRun.of("status", "--url", "https://127.0.0.1:" + plain.port());
      assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
      assertThat(run.err()).contains("does not use TLS; try http://");
    }
  }
}
