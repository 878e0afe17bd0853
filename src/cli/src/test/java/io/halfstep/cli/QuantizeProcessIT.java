package io.halfstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.halfstep.tensor.OffHeapMatrix;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The files left by a process whose disk fills up, or that is killed. */
@DisabledOnOs(OS.WINDOWS)
class QuantizeProcessIT {
  private static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");

  private final Path out;
  private final Path spool;

  QuantizeProcessIT(@TempDir Path folder) throws IOException {
    this.out = Files.createDirectory(folder.resolve("out")).resolve("out.onnx");
    this.spool = Files.createDirectory(folder.resolve("spool"));
  }

  private Process quantize(String before, Object... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                before + " exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                "io.halfstep.cli.Main",
                "quantize",
                EXAMPLES.resolve("resnet14.onnx").toString(),
                "--data",
                EXAMPLES.resolve("calibration.npz").toString(),
                "--memory",
                "1m",
                "--spool-dir",
                spool.toString(),
                "--out",
                out.toString()));
    for (Object argument : more) {
      command.add(argument.toString());
    }
    return new ProcessBuilder(command).start();
  }

  /** Unpacks the native libraries before file sizes are limited. */
  @BeforeAll
  static void unpack() {
    new OffHeapMatrix(1, 1).close();
  }

  /** A limit of 48 MiB on file sizes acts as a full disk. */
  @Test
  void aFullDiskIsOneLineThatSaysWhatToDo() throws Exception {
    failsOnAFullDisk(quantize("ulimit -f 98304;", "--quiet"), "File too large");
  }

  /** A file system of 48 MiB; mounting it requires root. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aSmallFileSystemThatFillsUp() throws Exception {
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", spool.toString()),
        "no file system can be mounted here");
    try {
      failsOnAFullDisk(quantize("", "--quiet"), "No space left on device");
    } finally {
      assertThat(run("umount", spool.toString())).isTrue();
    }
  }

  private static boolean run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor() == 0;
  }

  private void failsOnAFullDisk(Process process, String reason) throws Exception {
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(err)
        .startsWith("halfstep: stage ")
        .contains(
            "batch", "spooling to " + spool + " failed: " + reason, "choose another spool folder")
        .hasLineCount(1);
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(out.getParent()).isEmptyDirectory();
    assertThat(spool).isEmptyDirectory();
  }

  @Test
  void killedHalfWayItLeavesNeitherOutputNorSpoolFiles() throws Exception {
    Files.writeString(out, "what was there before");
    Process process = quantize("");
    try (BufferedReader err = process.errorReader()) {
      String line = err.readLine();
      while (line != null && !(line.startsWith("round") && line.contains("ratio"))) {
        line = err.readLine();
      }
      assertThat(line).isNotNull();
      assertThat(process.isAlive()).isTrue();
      process.destroyForcibly();
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 9);
    assertThat(out.getParent()).isDirectoryNotContaining(file -> !file.equals(out));
    assertThat(out).hasContent("what was there before");
    assertThat(spool).isEmptyDirectory();
  }
}
