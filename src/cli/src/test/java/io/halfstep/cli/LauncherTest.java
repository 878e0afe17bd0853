package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the launcher in a temporary repository, with a fake Java and Maven that print their calls.
 */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  private static final String SOURCE = "src/core/src/main/java/A.java";
  private static final String BUILD =
      "for m in cli service core; do mkdir -p src/$m/target && : > src/$m/target/halfstep-$m.jar; done";

  private final Path folder;
  private final Path repository;
  private String options = "";

  LauncherTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.repository = folder.resolve("a repository");
    for (String module : List.of("cli", "service", "core")) {
      Path sources = repository.resolve("src/" + module);
      Files.createDirectories(sources.resolve("src/main/java"));
      Files.writeString(sources.resolve("pom.xml"), "<project/>");
    }
    Files.createDirectories(repository.resolve(".mvn"));
    Files.writeString(repository.resolve("pom.xml"), "<project/>");
    Files.writeString(repository.resolve(SOURCE), "class A {}");
    script(repository.resolve("halfstep"), Files.readString(Path.of("halfstep")));
    maven(BUILD);
    java("17.0.2");
    // Makes the sources older than the build's outputs.
    try (Stream<Path> sources = Files.walk(repository)) {
      for (Path source : sources.toList()) {
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().minusSeconds(60)));
      }
    }
  }

  @Test
  void buildsOnFirstUseOnly() throws Exception {
    Launch first = launch("quantize", "--out", "a file.onnx");
    Launch second = launch("inspect");

    assertThat(first.exitCode).isZero();
    assertThat(first.err).contains("halfstep: building (first use").hasLineCount(1);
    assertThat(first.out).endsWith("io.halfstep.cli.Main|quantize|--out|a file.onnx|\n");
    assertThat(second.err).isEmpty();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void buildsAgainWhenASourceHasChanged() throws Exception {
    launch();
    Files.setLastModifiedTime(
        repository.resolve(SOURCE), FileTime.from(Instant.now().plusSeconds(60)));

    Launch again = launch();

    assertThat(again.err).contains("the sources have changed");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void worksThroughALinkAndFromAnyFolder() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), repository.resolve("halfstep"));

    Launch launch = start(List.of(link.toString(), "inspect"), folder).await();

    assertThat(launch.exitCode).isZero();
    assertThat(launch.out).endsWith("io.halfstep.cli.Main|inspect|\n");
  }

  @Test
  void anInstalledOneRunsFromAFolderThatCantBeWritten() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("installed/bin"));
    script(bin.resolve("halfstep"), Files.readString(Path.of("halfstep")));
    Path lib = Files.createDirectories(folder.resolve("installed/lib")).toRealPath();
    for (Path each : List.of(bin, bin.getParent())) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("r-xr-xr-x"));
    }

    Launch launch = start(List.of(bin + "/halfstep", "inspect"), folder).await();

    assertThat(launch.err).isEmpty();
    assertThat(launch.exitCode).isZero();
    assertThat(launch.out)
        .contains("-cp|" + lib + "/*|")
        .endsWith("|io.halfstep.cli.Main|inspect|\n");
    assertThat(bin.getParent()).isDirectoryNotContaining("glob:**target");
  }

  @Test
  void aFailedBuildShowsTheEndOfItsLogAndIsTriedAgain() throws Exception {
    maven("echo cannot find symbol; exit 1");

    Launch failed = launch();

    assertThat(failed.exitCode).isEqualTo(1);
    assertThat(failed.err).contains("cannot find symbol", "the build failed");
    assertThat(failed.out).isEmpty();
    maven(BUILD);
    assertThat(launch().exitCode).isZero();
  }

  @Test
  void launchesAtTheSameTimeBuildOnce() throws Exception {
    maven("sleep 1; " + BUILD);

    List<Started> started = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      started.add(start(List.of("./halfstep"), repository));
    }
    for (Started one : started) {
      assertThat(one.await().exitCode).isZero();
    }

    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void takesOverTheBuildOfALauncherThatDied() throws Exception {
    Path lock = Files.createDirectories(repository.resolve("target/app.lock"));
    Process dead = new ProcessBuilder("true").start();
    assertThat(dead.waitFor(60, TimeUnit.SECONDS)).isTrue();
    Files.writeString(lock.resolve("pid"), dead.pid() + "\n");

    assertThat(launch().exitCode).isZero();
    assertThat(lock).doesNotExist();
  }

  @Test
  void anOldJavaIsNamed() throws Exception {
    java("11.0.1");

    Launch launch = launch();

    assertThat(launch.exitCode).isEqualTo(1);
    assertThat(launch.err).contains("is version 11; a JDK 17 or newer is needed").hasLineCount(1);
    assertThat(builds()).isZero();
  }

  @Test
  void newJavasAreToldWhatIsMeant() throws Exception {
    assertThat(launch().out).doesNotContain("--enable-native-access");
    java("25");
    assertThat(launch().out)
        .contains(
            "|--enable-native-access=ALL-UNNAMED|", "|--sun-misc-unsafe-memory-access=allow|");
  }

  @Test
  void optionsForTheVirtualMachineComeBeforeTheClassAndMayChooseTheCollector() throws Exception {
    assertThat(launch().out).contains("-XX:+UseParallelGC|");

    options = "-Xmx512m -XX:+UseG1GC";

    assertThat(launch("inspect").out)
        .endsWith("|-Xmx512m|-XX:+UseG1GC|io.halfstep.cli.Main|inspect|\n")
        .doesNotContain("UseParallelGC");
  }

  @Test
  void garbageGrowsLittleUnlessTheHeapIsChosen() throws Exception {
    assertThat(launch().out).contains("-XX:MaxNewSize=384m|");

    options = "-Xmx256m";

    assertThat(launch("inspect").out).doesNotContain("NewSize");
  }

  @Test
  void whatTheServiceWritesIsForItsOwnerOnly() throws Exception {
    launch("inspect");
    assertThat(umask()).isNotEqualTo("0077");
    launch("serve");
    assertThat(umask()).isEqualTo("0077");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void computationsOfTheServiceYieldToItsRequests() throws Exception {
    String yields = "-XX:JavaPriority1_To_OSPriority=19|";
    assertThat(launch("inspect").out).doesNotContain(yields);

    options = "-Xmx256m";

    assertThat(launch("serve").out).contains("-XX:ThreadPriorityPolicy=1|", yields, "-Xmx256m|");
  }

  private String umask() throws IOException {
    return Files.readString(folder.resolve("jdk/bin/java.umask")).strip();
  }

  private record Launch(int exitCode, String out, String err) {}

  private record Started(Process process, Path out, Path err) {
    Launch await() throws InterruptedException, IOException {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return new Launch(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }

  private Launch launch(String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of("./halfstep"));
    command.addAll(List.of(args));
    return start(command, repository).await();
  }

  private Started start(List<String> command, Path from) throws IOException {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(from.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().put("HALFSTEP_OPTS", options);
    return new Started(builder.start(), out, err);
  }

  private long builds() throws IOException {
    Path log = repository.resolve("builds");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  private void maven(String work) throws IOException {
    script(repository.resolve("mvnw"), "#!/bin/sh\necho built >> builds\n" + work + "\n");
  }

  private void java(String version) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("jdk/bin"));
    script(
        bin.resolve("java"),
        """
        #!/bin/sh
        if [ "$1" = -version ]; then echo 'openjdk version "%s" 2026-01-01' >&2; exit; fi
        umask > "$0.umask"
        printf '%%s|' "$@"; echo
        """
            .formatted(version));
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
