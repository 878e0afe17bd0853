package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs the command in a separate process. */
class QuantizeCommandIT {
  private static final String EXAMPLES = "src/examples/fashion-mnist/";

  private final Path folder;
  private final Path spool;

  QuantizeCommandIT(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.spool = Files.createDirectory(folder.resolve("spool"));
  }

  @Test
  void writesModelReportAndEncodingsAndSaysSoInJson() throws Exception {
    Path out = folder.resolve("out.onnx");
    Path report = folder.resolve("report.html");
    Path encodings = folder.resolve("encodings.json");

    Process process =
        quantize(
            out,
            "--samples",
            "16",
            "--json",
            "--quiet",
            "--report",
            report.toString(),
            "--encodings",
            encodings.toString());
    String err =
        new String(
            process.getErrorStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    List<String> lines = process.inputReader().lines().toList();

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(err).isEmpty();
    assertThat(process.exitValue()).isZero();
    assertThat(lines).hasSize(1);
    JsonNode json = new ObjectMapper().readTree(lines.get(0));
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "schema",
            "model",
            "out",
            "bytes",
            "float_bytes",
            "seconds",
            "mean_ratio",
            "weights",
            "layers",
            "stored",
            "blocks",
            "samples",
            "held_back",
            "positions",
            "padding",
            "rejected",
            "spooled_bytes",
            "outputs",
            "float_layers",
            "float_operators",
            "budget",
            "peak_memory_bytes",
            "warnings",
            "notes");
    assertThat(json.get("schema").asInt()).isEqualTo(1);
    assertThat(json.get("float_layers")).isEmpty();
    assertThat(json.get("warnings")).isEmpty();
    assertThat(json.get("peak_memory_bytes").asLong(Long.MAX_VALUE)).isGreaterThan(1 << 20);
    assertThat(json.get("notes").toString()).contains("only 16 samples");
    JsonNode logits = json.get("outputs").get(0);
    assertThat(logits.get("name").asText()).isEqualTo("logits");
    JsonNode agreement = logits.get("runtime_agreement_db"); // null if nothing differs
    assertThat(agreement.asDouble(Double.POSITIVE_INFINITY))
        .isGreaterThan(logits.get("sqnr_db").asDouble());
    assertThat(json.get("notes").isArray()).isTrue();
    assertThat(json.get("bytes").asLong()).isEqualTo(Files.size(out));
    assertThat(json.get("float_bytes").asLong())
        .isEqualTo(Files.size(Path.of(EXAMPLES + "resnet14.onnx")));
    assertThat(json.get("samples").asInt()).isEqualTo(16);
    assertThat(json.get("layers")).hasSize(16);
    JsonNode stem = json.get("layers").get(0);
    assertThat(stem.fieldNames())
        .toIterable()
        .containsExactly(
            "name",
            "op",
            "shape",
            "bits",
            "levels",
            "granularity",
            "rounding",
            "ratio",
            "flips",
            "sqnr_db",
            "seconds",
            "bytes",
            "huffman_bytes");
    assertThat(json.get("weights").fieldNames())
        .toIterable()
        .containsExactly("bytes", "huffman_bytes", "zeros");
    long stored = 0;
    for (JsonNode layer : json.get("layers")) {
      assertThat(layer.get("levels").asText()).isEqualTo("uniform");
      stored += layer.get("bytes").asLong();
    }
    assertThat(json.get("weights").get("bytes").asLong()).isEqualTo(stored);
    assertThat(stem.get("shape").toString()).isEqualTo("[16,1,3,3]");
    double sum = 0;
    for (JsonNode layer : json.get("layers")) {
      sum += layer.get("ratio").asDouble();
    }
    assertThat(json.get("mean_ratio").asDouble()).isCloseTo(sum / 16, within(1e-5));
    assertThat(report).isNotEmptyFile();
    assertThat(new ObjectMapper().readTree(encodings.toFile())).isNotEmpty();
    assertThat(spool).isEmptyDirectory();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void anInterruptEndsItWith130AndLeavesNothingBehind() throws Exception {
    Process process = quantize(folder.resolve("out.onnx"), "--memory", "1m");
    List<String> lines = new ArrayList<>();
    try (BufferedReader err = process.errorReader()) {
      String line = err.readLine();
      while (line != null) {
        lines.add(line);
        if (line.startsWith("round") && lines.stream().noneMatch("sent"::equals)) {
          lines.add("sent");
          new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        }
        line = err.readLine();
      }
    }

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(130);
    assertThat(lines).contains("sent").endsWith("halfstep: interrupted");
    assertThat(lines).filteredOn(line -> line.startsWith("halfstep:")).hasSize(1);
    assertThat(folder).isDirectoryNotContaining(file -> !file.equals(spool));
    assertThat(spool).isEmptyDirectory();
  }

  private Process quantize(Path out, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "io.halfstep.cli.Main",
                "quantize",
                EXAMPLES + "resnet14.onnx",
                "--data",
                EXAMPLES + "calibration.npz",
                "--normalize",
                "mean=0.2860,std=0.3530,scale=255",
                "--spool-dir",
                spool.toString(),
                "--out",
                out.toString()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).start();
  }
}
