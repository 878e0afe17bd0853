package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds the Maven project that uses the library, with its test, against the packaged library.
 *
 * <p>The library is installed in a local repository of its own; all else is read from that of this
 * build.
 */
class ExampleProjectIT {
  private static final Path ROOT = Path.of("").toAbsolutePath();
  private static final String VERSION = "0.1.0-SNAPSHOT";

  @TempDir Path folder;

  @Test
  void theExampleBuildsAndRuns() throws Exception {
    install("halfstep", ROOT.resolve("pom.xml"), null);
    install(
        "halfstep-core",
        ROOT.resolve("src/core/pom.xml"),
        ROOT.resolve("src/core/target/halfstep-core.jar"));
    Path log = folder.resolve("log");
    Process build =
        new ProcessBuilder(
                ROOT.resolve("mvnw").toString(),
                "--batch-mode",
                "--offline",
                "--file",
                ROOT.resolve("src/examples/embedding/pom.xml").toString(),
                "-Dmaven.repo.local=" + folder.resolve("repository"),
                "-Dmaven.repo.local.tail=" + localRepository(),
                "package")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(build.waitFor(5, TimeUnit.MINUTES)).isTrue();
    } finally {
      build.descendants().forEach(ProcessHandle::destroyForcibly);
      build.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(log);
    assertThat(lines)
        .as(() -> String.join("\n", lines))
        .anyMatch(line -> line.contains("Tests run: 1, Failures: 0, Errors: 0"))
        .anyMatch(line -> line.contains("BUILD SUCCESS"));
  }

  private static String localRepository() {
    String home = System.getProperty("user.home");
    return System.getProperty("localRepository", home + "/.m2/repository");
  }

  private void install(String artifact, Path pom, Path jar) throws IOException {
    Path target =
        Files.createDirectories(
            folder.resolve("repository/io/halfstep").resolve(artifact).resolve(VERSION));
    String name = artifact + "-" + VERSION;
    Files.copy(pom, target.resolve(name + ".pom"), StandardCopyOption.REPLACE_EXISTING);
    if (jar != null) {
      Files.copy(jar, target.resolve(name + ".jar"), StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
