package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceSettingsTest {
  private final Path folder;

  ServiceSettingsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("service.conf"), text);
  }

  @Test
  void theCommentedFileHoldsAllSettingsWithTheirDefaults() {
    Config commented = ConfigFactory.parseFile(Path.of("config/service.conf").toFile());
    Config defaults = ConfigFactory.parseResources("service.conf");

    assertThat(commented.getConfig("halfstep")).isEqualTo(defaults.getConfig("halfstep"));
  }

  @Test
  void aFileOverridesTheDefaults() throws IOException {
    ServiceSettings settings =
        ServiceSettings.read(file("halfstep.service { http.port = 9000, jobs.samples = 32 }"));

    assertThat(settings.port()).isEqualTo(9000);
    assertThat(settings.samples()).isEqualTo(32);
    assertThat(settings.host()).isEqualTo("127.0.0.1");
    assertThat(settings.with("http.port", 9001).port()).isEqualTo(9001);
  }

  @Test
  void aTokenIsReadFromItsFile() throws IOException {
    Path token = Files.writeString(folder.resolve("token"), "secret\n");

    assertThat(
            ServiceSettings.read(file("halfstep.service.http.token-file = \"" + token + "\""))
                .token())
        .isEqualTo("secret");
    assertThat(ServiceSettings.read(null).token()).isEmpty();
  }

  @Test
  void anUnknownKeyIsNamed() {
    assertThatThrownBy(() -> ServiceSettings.read(file("halfstep.service.http.prt = 1")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("halfstep.service.http.prt");
  }

  @Test
  void aValueOutOfRangeIsNamed() {
    assertThatThrownBy(
            () -> ServiceSettings.read(file("halfstep.service.http.port = 70000")).port())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("http.port: found 70000, expected 0 to 65535");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> ServiceSettings.read(folder.resolve("no.conf")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no.conf: no such file");
  }
}
