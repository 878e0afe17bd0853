package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Other users can't read models and samples, regardless of the umask. */
@DisabledOnOs(OS.WINDOWS)
class OwnerOnlyTest {
  private final Path state;

  OwnerOnlyTest(@TempDir Path folder) {
    state = folder.resolve("state");
  }

  @Test
  void foldersAndFilesAreTheOwnersFromTheFirstStartOn() throws Exception {
    try (LocalService service = LocalService.start(state)) {
      service.submit("done", 24);
      service.feed("done-1", 0, 24);
      service.awaitCompleted("done-1");
      service.submit("open", 24);
      service.feed("open-2", 0, 10);
    }

    assertThat(permissions(all(Files::isDirectory))).containsOnly("rwx------");
    assertThat(
            permissions(
                all(
                    file ->
                        Files.isRegularFile(file)
                            && !file.toString().matches(".*/(samples|checkpoints)/.*"))))
        .containsOnly("rw-------");
  }

  @Test
  void whatWasOpenToOthersIsClosedAtTheStart() throws Exception {
    try (LocalService service = LocalService.start(state)) {
      service.submit("open", 24);
      service.feed("open-1", 0, 10);
      LocalService.done(service.service().cancel("open-1"));
      service.await("open-1", view -> service.job("open-1").intake() == null);
    }
    for (Path file : all(file -> true)) {
      Files.setPosixFilePermissions(
          file,
          PosixFilePermissions.fromString(Files.isDirectory(file) ? "rwxr-xr-x" : "rw-r--r--"));
    }

    LocalService.start(state).close();

    assertThat(permissions(all(Files::isDirectory))).containsOnly("rwx------");
    assertThat(permissions(all(Files::isRegularFile))).containsOnly("rw-------");
  }

  private List<Path> all(Predicate<Path> wanted) throws IOException {
    try (Stream<Path> all = Files.walk(state)) {
      return all.filter(wanted).toList();
    }
  }

  private static List<String> permissions(List<Path> files) {
    return files.stream().map(OwnerOnlyTest::permissions).toList();
  }

  private static String permissions(Path file) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
