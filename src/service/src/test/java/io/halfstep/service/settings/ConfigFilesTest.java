package io.halfstep.service.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFilesTest {
  private static final Path CONFIG = Path.of("config");

  @Test
  void intake() {
    ServiceSettings settings = ServiceSettings.read(CONFIG.resolve("intake.conf"));
    assertThat(settings.queueBytes()).isEqualTo(64L << 20);
    assertThat(settings.reserveBytes()).isEqualTo(1L << 30);
    assertThat(settings.port()).isEqualTo(8620); // other settings have defaults
  }

  @Test
  void journal() {
    ServiceSettings settings = ServiceSettings.read(CONFIG.resolve("journal-postgresql.conf"));
    assertThat(settings.journalUrl()).startsWith("jdbc:postgresql://");
    assertThat(settings.journalUser()).isEqualTo("halfstep");
  }

  @Test
  void tls() {
    ServiceSettings settings = ServiceSettings.read(CONFIG.resolve("tls.conf"));
    assertThat(settings.keystore()).isEqualTo(Path.of("/etc/halfstep/halfstep.p12"));
    assertThat(settings.host()).isEqualTo("0.0.0.0");
  }

  /** The files' comments say that they can be included. */
  @Test
  void topicsInAFileOfOnesOwn(@TempDir Path folder) throws IOException {
    try (Stream<Path> files = Files.list(CONFIG)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Path own =
        Files.writeString(
            folder.resolve("own.conf"),
            "halfstep.service.http.port = 9000\ninclude \"tls.conf\"\ninclude \"intake.conf\"\n");
    ServiceSettings settings = ServiceSettings.read(own);
    assertThat(settings.port()).isEqualTo(9000);
    assertThat(settings.keystore()).isEqualTo(Path.of("/etc/halfstep/halfstep.p12"));
    assertThat(settings.reserveBytes()).isEqualTo(1L << 30);
  }

  @Test
  void theFileOfAllSettingsNamesTheOthers() throws IOException {
    String all = Files.readString(CONFIG.resolve("service.conf"));
    try (Stream<Path> files = Files.list(CONFIG)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> !name.equals("plan.conf") && !name.equals("service.conf"))
          .isNotEmpty()
          .allSatisfy(name -> assertThat(all).contains(name));
    }
  }
}
