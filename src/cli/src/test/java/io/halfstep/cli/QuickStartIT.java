package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs the README's five commands of the service verbatim. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class QuickStartIT {
  @Test
  void theCommandsWorkPasted(@TempDir Path folder) throws Exception {
    String url = "http://127.0.0.1:" + freePort();
    Path script =
        Files.writeString(
            folder.resolve("paste.sh"),
            """
            set -e
            %s
            kill %%1
            wait
            """
                .formatted(
                    // another port, in case a service is running on this machine
                    commands().replace(" serve", " serve --port " + url.replaceFirst(".*:", ""))));
    Path halfstep =
        Files.writeString(
            folder.resolve("halfstep"),
            """
            #!/bin/sh
            exec "%s" -cp "%s" io.halfstep.cli.Main "$@"
            """
                .formatted(
                    Path.of(System.getProperty("java.home"), "bin", "java"),
                    System.getProperty("java.class.path")));
    assertThat(halfstep.toFile().setExecutable(true)).isTrue();
    Path examples = Path.of("src/examples/fashion-mnist");
    Files.createDirectories(folder.resolve(examples));
    for (String name : new String[] {"resnet14.onnx", "calibration.npz"}) {
      Files.copy(examples.resolve(name), folder.resolve(examples).resolve(name));
    }
    Path said = folder.resolve("said.log");
    ProcessBuilder bash =
        new ProcessBuilder("bash", script.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    bash.environment().put("HALFSTEP_URL", url);
    Process process = bash.start();
    try {
      assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(said)).isZero();
      assertThat(folder.resolve("resnet14.int4.onnx")).isNotEmptyFile();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String commands() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    int start = readme.indexOf("./halfstep serve &");
    return readme.substring(start, readme.indexOf("```", start));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
