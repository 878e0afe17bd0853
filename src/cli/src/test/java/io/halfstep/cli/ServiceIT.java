package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's quick start of the service: five commands. */
class ServiceIT {
  private static final String EXAMPLES = "src/examples/fashion-mnist/";
  private static final String MODEL = EXAMPLES + "resnet14.onnx";
  private static final String DATA = EXAMPLES + "calibration.npz";
  private static final String NORMALIZE = "mean=0.2860,std=0.3530,scale=255";

  private final Path folder;
  private Process service;
  private String url;

  ServiceIT(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void serve() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("io.halfstep.cli.Main", "serve", "--port", "0"));
    command.addAll(List.of("--state", folder.resolve("state").toString()));
    service =
        new ProcessBuilder(command).redirectError(folder.resolve("serve.err").toFile()).start();
    BufferedReader out = service.inputReader(UTF_8);
    String said = out.readLine();
    assertThat(said)
        .withFailMessage(() -> said + ": " + log())
        .startsWith("halfstep serves http://127.0.0.1:");
    url = said.split(" ", -1)[2];
  }

  @AfterEach
  void end() throws InterruptedException {
    service.destroyForcibly().waitFor();
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("serve.err"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private CommandLineRun client(Object... args) {
    List<Object> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--url", url));
    return CommandLineRun.of(all.toArray());
  }

  @Test
  void fiveCommandsGiveWhatQuantizeGives() throws Exception {
    Path served = folder.resolve("served.onnx");
    Path quantized = folder.resolve("quantized.onnx");

    CommandLineRun submit =
        client("submit", MODEL, "--samples", 96, "--normalize", NORMALIZE, "--seed", 5);
    assertThat(submit.out().strip()).withFailMessage(submit::err).isEqualTo("resnet14-1");
    CommandLineRun feed = client("feed", "resnet14-1", "--data", DATA);
    assertThat(feed.out()).withFailMessage(feed::err).contains("96 samples taken; the job has all");
    assertThat(client("watch", "resnet14-1").exitCode()).withFailMessage(this::log).isZero();
    CommandLineRun fetch =
        client(
            "fetch",
            "resnet14-1",
            "--out",
            served,
            "--encodings",
            folder.resolve("served.json"),
            "--report",
            folder.resolve("served.html"));
    assertThat(fetch.exitCode()).withFailMessage(fetch::err).isZero();

    CommandLineRun quantize =
        CommandLineRun.of(
            "quantize",
            MODEL,
            "--data",
            DATA,
            "--samples",
            96,
            "--normalize",
            NORMALIZE,
            "--seed",
            5,
            "--quiet",
            "--out",
            quantized,
            "--encodings",
            folder.resolve("quantized.json"));
    assertThat(quantize.exitCode()).withFailMessage(quantize::err).isZero();
    assertThat(served).hasSameBinaryContentAs(quantized);
    assertThat(folder.resolve("served.json"))
        .hasSameBinaryContentAs(folder.resolve("quantized.json"));
    assertThat(folder.resolve("served.html")).content().contains("<svg");
    status("resnet14-1", "completed");
    stopsByRequest();
  }

  private void status(String job, String expected) throws IOException {
    JsonNode status = new ObjectMapper().readTree(client("status", job, "--json").lastLine());
    assertThat(status.path("status").asText()).isEqualTo(expected);
    assertThat(status.path("versions")).hasSize(1);
  }

  private void stopsByRequest() throws InterruptedException {
    service.destroy();
    assertThat(service.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(service.exitValue()).isZero();
  }
}
