package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.service.Await;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A service in a separate process, started like {@code halfstep serve}, that can be killed and
 * restarted with the same state directory and port.
 */
final class ServiceProcess implements AutoCloseable {
  static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");
  static final Path RESNET = EXAMPLES.resolve("resnet14.onnx");
  static final Path CALIBRATION = EXAMPLES.resolve("calibration.npz");
  static final String NORMALIZE = "mean=0.2860,std=0.3530,scale=255";

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Path folder;
  private final Path state;
  private final int port;
  private final List<String> options;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Process process;
  private int starts;
  private String token = "";

  private ServiceProcess(Path folder, Path state, int port, List<String> options) {
    this.folder = folder;
    this.state = state;
    this.port = port;
    this.options = options;
  }

  /** A reply, with its body as JSON if it is JSON. */
  record Answer(int status, JsonNode body, HttpResponse<byte[]> response) {
    String error() {
      return body.path("error").asText();
    }
  }

  /**
   * Starts a service.
   *
   * @param folder for configuration and output
   * @param state the state directory
   * @param config lines of {@code service.conf}
   * @param options of the virtual machine
   */
  static ServiceProcess start(Path folder, Path state, String config, String... options)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("service.conf"), config);
    ServiceProcess service = new ServiceProcess(folder, state, freePort(), List.of(options));
    service.start();
    return service;
  }

  /** Prepares a service without starting it. */
  static ServiceProcess prepared(Path folder, Path state, int port) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("service.conf"), "");
    return new ServiceProcess(folder, state, port, List.of());
  }

  static ServiceProcess start(Path folder) throws IOException, InterruptedException {
    return start(
        folder, folder.resolve("state"), "halfstep.service.jobs.checkpoint-every = 300 ms\n");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Starts the process, and returns when the service accepts requests. */
  void start() throws IOException, InterruptedException {
    begin();
    Await.until(
        "ready",
        () -> {
          if (!process.isAlive()) {
            throw new IllegalStateException("the service has ended: " + log());
          }
          try {
            return get("/v2/health/ready").status() == 200;
          } catch (IOException e) {
            return false;
          }
        });
  }

  /** Starts the process without waiting. */
  void begin() throws IOException {
    starts++;
    List<String> arguments =
        List.of(
            "serve",
            "--state",
            state.toString(),
            "--port",
            Integer.toString(port),
            "--config",
            folder.resolve("service.conf").toString());
    process = process(options, arguments, folder.resolve("serve-" + starts + ".log"));
  }

  private static Process process(List<String> options, List<String> arguments, Path output)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:-UsePerfData", "-XX:+UseParallelGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.halfstep.cli.Main"));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  /** Sets the configuration for the next start. */
  void configure(String config) throws IOException {
    Files.writeString(folder.resolve("service.conf"), config);
  }

  /** Runs a command of {@code halfstep} on this state directory; returns the exit code. */
  int command(String name, String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(
        List.of(
            "--state", state.toString(), "--config", folder.resolve("service.conf").toString()));
    return process(List.of(), all, folder.resolve(name + ".log")).waitFor();
  }

  /** Starts a client command of {@code halfstep} in a separate process. */
  Process client(String name, Object... arguments) throws IOException {
    List<Object> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--url", url()));
    return halfstep(folder.resolve(name + ".log"), all.toArray());
  }

  /** Starts a command of {@code halfstep} in a separate process. */
  static Process halfstep(Path output, Object... arguments) throws IOException {
    return process(List.of(), Arrays.stream(arguments).map(Object::toString).toList(), output);
  }

  /** Returns the output of a client command. */
  String output(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".log"));
  }

  /** Returns the output of the running service, or of the last one. */
  String log() throws IOException {
    return Files.readString(folder.resolve("serve-" + starts + ".log"));
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  Path state() {
    return state;
  }

  /** Sends SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Sends SIGTERM; returns the exit code. */
  int terminate() throws InterruptedException {
    process.destroy();
    return exitCode();
  }

  /** Waits for the end of the process. */
  int exitCode() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("the process does not end");
    }
    return process.exitValue();
  }

  Answer get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder().GET(), path);
  }

  Answer post(String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofByteArray(body));
    return send(headers.length == 0 ? request : request.headers(headers), path);
  }

  Answer delete(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder().DELETE(), path);
  }

  /** Sets the token of further requests. */
  void token(String now) {
    token = now;
  }

  private Answer send(HttpRequest.Builder request, String path)
      throws IOException, InterruptedException {
    if (!token.isEmpty()) {
      request.setHeader("Authorization", "Bearer " + token);
    }
    HttpResponse<byte[]> response =
        http.send(
            request
                .uri(URI.create(url() + path))
                .header("Halfstep-Client", "test")
                .timeout(PATIENCE)
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    boolean json =
        response.headers().firstValue("Content-Type").orElse("").startsWith("application/json");
    return new Answer(
        response.statusCode(),
        json ? MAPPER.readTree(response.body()) : MAPPER.createObjectNode(),
        response);
  }

  /** Submits a model; returns the reply. */
  Answer submit(Path model, String name, int samples, String plan)
      throws IOException, InterruptedException {
    return submit(Files.readAllBytes(model), name, samples, plan);
  }

  Answer submit(byte[] model, String name, int samples, String plan)
      throws IOException, InterruptedException {
    return submit(model, "name=" + name + "&samples=" + samples, plan);
  }

  /** Submits a model with these parameters. */
  Answer submit(byte[] model, String parameters, String plan)
      throws IOException, InterruptedException {
    String boundary = "boundary-of-a-test";
    java.io.ByteArrayOutputStream body = new java.io.ByteArrayOutputStream();
    body.write((part(boundary, "plan", "plan.conf") + plan + "\r\n").getBytes(UTF_8));
    body.write(part(boundary, "model", "model.onnx").getBytes(UTF_8));
    body.write(model);
    body.write(("\r\n--" + boundary + "--\r\n").getBytes(UTF_8));
    return post(
        "/jobs?" + parameters,
        body.toByteArray(),
        "Content-Type",
        "multipart/form-data; boundary=" + boundary);
  }

  private static String part(String boundary, String name, String file) {
    return String.join(
        "\r\n",
        "--" + boundary,
        "Content-Disposition: form-data; name=\"%s\"; filename=\"%s\"".formatted(name, file),
        "Content-Type: application/octet-stream",
        "",
        "");
  }

  /** Submits the bundled ResNet-14; returns the job's id. */
  String submitResnet(String name, int samples) throws IOException, InterruptedException {
    return submitResnet(name, samples, "");
  }

  /** Submits it with more parameters, each preceded by an ampersand. */
  String submitResnet(String name, int samples, String more)
      throws IOException, InterruptedException {
    Answer answer =
        submit(
            Files.readAllBytes(RESNET),
            "name=" + name + "&samples=" + samples + more,
            "normalize = [\"%s\"]\n".formatted(NORMALIZE));
    if (answer.status() != 201) {
      throw new IllegalStateException(answer.status() + " " + answer.body());
    }
    String id = answer.body().path("id").asText();
    Await.until("open", () -> get("/v2/models/" + name + "/ready").status() == 200);
    return id;
  }

  JsonNode job(String id) throws IOException, InterruptedException {
    return get("/jobs/" + id).body();
  }

  /** Waits until the job satisfies the predicate; fails if the job has failed instead. */
  JsonNode awaitJob(String id, String what, Predicate<JsonNode> wanted)
      throws IOException, InterruptedException {
    JsonNode[] last = new JsonNode[1];
    Await.until(
        what,
        () -> {
          last[0] = job(id);
          if (last[0].path("status").asText().equals("failed")) {
            throw new IllegalStateException(last[0].toString());
          }
          return wanted.test(last[0]);
        });
    return last[0];
  }

  JsonNode awaitCompleted(String id) throws IOException, InterruptedException {
    return awaitJob(id, "completed", job -> job.path("status").asText().equals("completed"));
  }

  byte[] published(String id, String file) throws IOException, InterruptedException {
    Answer answer = get("/jobs/" + id + "/versions/latest/" + file);
    if (answer.status() != 200) {
      throw new IllegalStateException(answer.status() + " " + answer.body());
    }
    return answer.response().body();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join(); // the process has open files in the test's folder
  }
}
