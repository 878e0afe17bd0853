package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.halfstep.cli.ServiceProcess.Answer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Mistakes of users and operators: each gives a clear error and leaves other jobs alone. */
@DisabledOnOs(OS.WINDOWS)
class ServiceBadInputIT {
  private static final int IMAGE = 28 * 28;
  private static Path folder;
  private static ServiceProcess service;
  private static String job;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    service = ServiceProcess.start(temporary.resolve("service"));
    job = service.submitResnet("resnet", 1000);
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void unknownJobsAndModelsAreNotFound() throws Exception {
    for (String path : new String[] {"/jobs/none-1", "/jobs/none-1/versions/latest/model"}) {
      assertThat(service.get(path)).satisfies(answer -> isError(answer, 404, "no such job"));
    }
    isError(service.post("/jobs/none-1/pause", new byte[0]), 404, "no such job");
    isError(service.delete("/jobs/none-1"), 404, "no such job");
    isError(service.get("/v2/models/none"), 404, "'none'");
    isError(infer("none", describe("image", "[1,1,28,28]", "UINT8", IMAGE), IMAGE), 404, "'none'");
    isError(service.get("/jobs/" + job + "/versions/7/model"), 404, "no such version: 7");
    isError(service.get("/nothing/here"), 404, "no such resource");
  }

  @Test
  void tensorsThatDoNotFitAreNamed() throws Exception {
    bad("'picture'", describe("picture", "[1,1,28,28]", "UINT8", IMAGE), IMAGE);
    bad("[1, 3, 28, 28]", describe("image", "[1,3,28,28]", "UINT8", 3 * IMAGE), 3 * IMAGE);
    bad("'image'", describe("image", "[1,1,28,28]", "UINT9", IMAGE), IMAGE);
    bad("'image'", describe("image", "[1,1,28,28]", "BYTES", IMAGE), IMAGE);
    bad("'image'", describe("image", "[0,1,28,28]", "UINT8", 0), 0);
    bad("has no inputs", "{}", 0);
  }

  @Test
  void sizesThatDoNotAddUpAreSaid() throws Exception {
    bad("needs 784 bytes", describe("image", "[1,1,28,28]", "UINT8", IMAGE), IMAGE - 1);
    bad("785 bytes follow", describe("image", "[1,1,28,28]", "UINT8", IMAGE), IMAGE + 1);
    bad("expected 784", describe("image", "[1,1,28,28]", "UINT8", IMAGE - 1), IMAGE - 1);
    Answer beyond =
        service.post(
            "/v2/models/resnet/infer",
            "{}".getBytes(UTF_8),
            "Inference-Header-Content-Length",
            "999");
    isError(beyond, 400, "Inference-Header-Content-Length is 999");
    isError(service.post("/v2/models/resnet/infer", "{\"inputs\":[{".getBytes(UTF_8)), 400, "JSON");
  }

  @Test
  void aBodyThatEndsEarlyHarmsNobody() throws Exception {
    long before = taken();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "POST /v2/models/resnet/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n{\"in"
              .getBytes(UTF_8));
    }
    isTaken(infer("resnet", describe("image", "[1,1,28,28]", "UINT8", IMAGE), IMAGE));
    assertThat(taken()).isEqualTo(before + 1);
  }

  @Test
  void samplesForAJobThatIsOverAreCountedOneByOne() throws Exception {
    String over = service.submitResnet("over", 8);
    service.post("/jobs/" + over + "/cancel", new byte[0]);
    int three = 3 * IMAGE;
    isError(
        infer("over", describe("image", "[3,1,28,28]", "UINT8", three), three), 409, "has ended");
    assertThat(service.job(over).at("/samples/refused/ended").asLong()).isEqualTo(3);
    assertThat(service.delete("/jobs/" + over).status()).isEqualTo(200);
  }

  @Test
  void refusedSamplesAreCounted() throws Exception {
    long before = service.job(job).at("/samples/refused/invalid").asLong();
    bad("'picture'", describe("picture", "[1,1,28,28]", "UINT8", IMAGE), IMAGE);
    bad("JSON", "no json", 0);
    assertThat(service.job(job).at("/samples/refused/invalid").asLong()).isEqualTo(before + 2);
  }

  @Test
  void modelsAndPlansThatCannotBeUsedAreTurnedAway() throws Exception {
    isError(service.submit("no model".getBytes(UTF_8), "a", 8, ""), 400, "model.onnx");
    byte[] model = Files.readAllBytes(ServiceProcess.RESNET);
    isError(service.submit(model, "b", 8, "weights = 17"), 400, "weights");
    isError(
        service.submit(model, "c", 8, "normalize = [\"mean=abc\"]"), 400, "'abc' is not a number");
    isError(service.submit(model, "d", 0, ""), 400, "samples");
    isError(service.submit(model, "resnet", 8, ""), 409, "another name");
    byte[] torn = java.util.Arrays.copyOf(model, model.length / 2);
    isError(service.submit(torn, "e", 8, ""), 400, "model.onnx");
    try (var jobs = Files.list(service.state().resolve("jobs"))) {
      assertThat(jobs).hasSize(1);
    }
  }

  @Test
  void aStateDirectoryThatIsHeldAndAPortInUse() throws Exception {
    ServiceProcess sameState =
        ServiceProcess.prepared(folder.resolve("second"), service.state(), 0);
    sameState.begin();
    assertThat(sameState.exitCode()).isEqualTo(2);
    assertThat(sameState.log())
        .contains("held by another halfstep (process " + service.pid() + ")", "--state");
    ServiceProcess samePort =
        ServiceProcess.prepared(
            folder.resolve("third"), folder.resolve("third/state"), service.port());
    samePort.begin();
    assertThat(samePort.exitCode()).isEqualTo(2);
    assertThat(samePort.log()).contains("port " + service.port(), "in use", "--port");
    isTaken(infer("resnet", describe("image", "[1,1,28,28]", "UINT8", IMAGE), IMAGE));
  }

  /** A full file system of 96 MiB; mounting it requires root. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskStopsTheIntakeUntilThereIsRoom() throws Exception {
    Path disk = Files.createDirectories(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk.toString()),
        "no file system can be mounted here");
    String config = "halfstep.service.intake.reserve-bytes = 32 MiB\n";
    try (ServiceProcess small =
        ServiceProcess.start(folder.resolve("small"), disk.resolve("state"), config)) {
      String id = small.submitResnet("resnet", 128);
      isTaken(infer(small, "resnet", describe("image", "[1,1,28,28]", "UINT8", IMAGE), IMAGE));
      Path ballast = disk.resolve("ballast");
      long free = Files.getFileStore(disk).getUsableSpace();
      Files.write(ballast, new byte[(int) free - (16 << 20)]);

      Answer full = infer(small, "resnet", describe("image", "[1,1,28,28]", "UINT8", IMAGE), IMAGE);
      isError(full, 507, "no room for samples");
      assertThat(full.response().headers().firstValue("Retry-After")).isPresent();
      assertThat(small.job(id).at("/samples/refused/storage_full").asInt()).isEqualTo(1);
      assertThat(small.get("/v2/health/live").status()).isEqualTo(200);
      awaitStatus(small, "/v2/health/ready", 503);
      awaitStatus(small, "/v2/models/resnet/ready", 503);

      Files.delete(ballast);
      awaitStatus(small, "/v2/models/resnet/ready", 200);
      awaitStatus(small, "/v2/health/ready", 200);
      isTaken(infer(small, "resnet", describe("image", "[1,1,28,28]", "UINT8", IMAGE), IMAGE));
      assertThat(small.job(id).at("/samples/collected").asInt()).isEqualTo(2);
    } finally {
      assertThat(run("umount", disk.toString())).isTrue();
    }
  }

  /** The service looks at the disk once a second. */
  private static void awaitStatus(ServiceProcess service, String path, int status)
      throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (service.get(path).status() != status && System.nanoTime() < deadline) {
      Thread.sleep(50);
    }
    assertThat(service.get(path).status()).as(path).isEqualTo(status);
  }

  /** Every acknowledged sample is there at the next start. */
  @Test
  void sigtermDrains() throws Exception {
    try (ServiceProcess stopped = ServiceProcess.start(folder.resolve("stopped"))) {
      String id = stopped.submitResnet("resnet", 1_000_000);
      ExecutorService load = Executors.newSingleThreadExecutor();
      Future<Load.Outcome> outcome =
          load.submit(
              () ->
                  Load.run(
                      new Load.Offer(
                          "127.0.0.1",
                          stopped.port(),
                          "resnet",
                          "image",
                          new long[] {1, 1, 28, 28},
                          8,
                          3,
                          0)));
      stopped.awaitJob(id, "taking samples", ServiceBadInputIT::isOpen);
      assertThat(stopped.terminate()).as(stopped.log()).isZero();
      long acknowledged = acknowledged(outcome);
      load.shutdown();
      assertThat(acknowledged).isPositive();
      stopped.start();
      assertThat(
              stopped
                  .awaitJob(id, "open", ServiceBadInputIT::isOpen)
                  .at("/samples/collected")
                  .asLong())
          .isGreaterThanOrEqualTo(acknowledged);
    }
  }

  private static boolean isOpen(JsonNode job) {
    return job.at("/samples/collected").asLong() > 0;
  }

  private static long acknowledged(Future<Load.Outcome> outcome)
      throws InterruptedException, ExecutionException {
    return outcome.get().acknowledged();
  }

  private static boolean run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor() == 0;
  }

  private static long taken() throws Exception {
    return service.job(job).at("/samples/taken").asLong();
  }

  private static String describe(String name, String shape, String type, int bytes) {
    return ("{\"inputs\":[{\"name\":\"%s\",\"shape\":%s,\"datatype\":\"%s\","
            + "\"parameters\":{\"binary_data_size\":%d}}]}")
        .formatted(name, shape, type, bytes);
  }

  private static void bad(String named, String json, int bytes) throws Exception {
    isError(infer("resnet", json, bytes), 400, named);
  }

  private static Answer infer(String model, String json, int bytes) throws Exception {
    return infer(service, model, json, bytes);
  }

  private static Answer infer(ServiceProcess to, String model, String json, int bytes)
      throws IOException, InterruptedException {
    byte[] body = java.util.Arrays.copyOf(json.getBytes(UTF_8), json.length() + bytes);
    return to.post(
        "/v2/models/" + model + "/infer",
        body,
        "Inference-Header-Content-Length",
        Integer.toString(json.length()));
  }

  private static void isTaken(Answer answer) {
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(202);
    assertThat(answer.body().at("/parameters/taken").asInt()).isEqualTo(1);
  }

  private static void isError(Answer answer, int status, String said) {
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(status);
    assertThat(answer.error()).contains(said).hasLineCount(1);
  }
}
