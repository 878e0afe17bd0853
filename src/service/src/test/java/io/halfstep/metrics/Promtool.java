package io.halfstep.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Prometheus's own checks, from Debian's package {@code prometheus}. */
final class Promtool {
  private Promtool() {}

  /** Skips the test if promtool is missing. */
  static void require() {
    require("promtool", "prometheus");
  }

  /** Skips the test if a tool of a Debian package is missing. */
  static void require(String tool, String from) {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool))),
        tool + " is not installed (apt-get install " + from + ")");
  }

  /** Runs promtool with this standard input; it must succeed without warnings. */
  static void check(String input, String... arguments) throws IOException, InterruptedException {
    run("promtool", input, arguments);
  }

  /** Runs a tool in the same way. */
  static void run(String tool, String input, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(tool));
    command.addAll(List.of(arguments));
    Path in = Files.createTempFile("promtool", ".txt");
    try {
      Files.writeString(in, input);
      Process process =
          new ProcessBuilder(command).redirectErrorStream(true).redirectInput(in.toFile()).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
    } finally {
      Files.delete(in);
    }
  }
}
