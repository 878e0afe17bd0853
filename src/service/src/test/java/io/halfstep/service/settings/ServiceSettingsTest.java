package io.halfstep.service.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueType;
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

  private void refused(String config, String... message) {
    assertThatThrownBy(() -> ServiceSettings.read(file(config)))
        .as(config)
        .isInstanceOf(InvalidInputException.class)
        .message()
        .contains(message);
  }

  /** Covers settings added later, too. */
  @Test
  void noSettingGoesUnchecked() {
    ConfigFactory.parseResources("service.conf")
        .getConfig("halfstep.service")
        .entrySet()
        .forEach(
            setting -> {
              String key = "halfstep.service." + setting.getKey();
              boolean list = setting.getValue().valueType() == ConfigValueType.LIST;
              refused(
                  key + " = [ [] ]",
                  "service.conf:1: %s%s: found a list, expected "
                      .formatted(key, list ? "[0]" : ""));
              refused(key + " = null", key + ": found null, expected ");
              refused(key + "x = 1", key + "x: unknown key, did you mean ");
            });
  }

  @Test
  void whatIsOutOfBoundsIsNamedWithItsPlaceAndWhatIsExpected() {
    String root = "halfstep.service.";
    refused(root + "http.port = 70000", "found '70000', expected a whole number from 0 to 65535");
    refused(root + "jobs.active = 0", "found '0', expected a whole number from 1 to 1000");
    refused(root + "jobs.threads = -1", "jobs.threads: found '-1'");
    refused(root + "jobs.samples = 2000000", "expected a whole number from 1 to 1000000");
    refused(root + "jobs.model-bytes = much", "found 'much', expected a size from 1 KiB to 1 TiB");
    refused(root + "jobs.checkpoint-every = 0 s", "found '0 s', expected a time from 10 ms to 1 d");
    refused(
        root + "intake.queue-bytes = -1", "found '-1', expected a size from 1 KiB", "e.g. 16 MiB");
    refused(root + "intake.reserve-bytes = -1 MiB", "found '-1 MiB', expected a size of 0 or more");
    refused(root + "http.request-bytes = 2 GiB", "expected a size from 1 KiB to 1 GiB");
    refused(root + "drain = soon", "found 'soon', expected a time from 0 s to 1 h");
    refused(root + "name = \"a|b\"", "expected 1 to 64 letters, digits");
    refused(root + "state = \"\"", "state: found '', expected a folder");
    refused(root + "journal.url = \"mysql\"", "found 'mysql', expected jdbc:postgresql://");
    refused(root + "kafka.bootstrap-servers = broker", "expected HOST:PORT");
    refused(root + "http.names = [\"a:1\"]", "names[0]: found 'a:1', expected names of this");
    refused(root + "http.origins = \"x\"", "origins: found 'x', expected origins of web pages");
    refused(root + "http.body-timeout = 0 s", "found '0 s', expected a time from 100 ms to 1 h");
    refused(root + "http = 5", "http: found '5', expected an object in { }");
    refused(root + "http.port.number = 5", "http.port: found an object, expected a whole number");
  }

  @Test
  void anUnknownKeyIsNamedWithTheNearestKnownOneOnEveryLevel() {
    refused("halfstep.service.http.prt = 1", "service.http.prt: unknown key, did you mean port?");
    refused("halfstep.service.htp.port = 1", "service.htp: unknown key, did you mean http?");
    refused("halfstep.servce.drain = 1 s", "halfstep.servce: unknown key, did you mean service?");
    refused("halfstp.service.drain = 1 s", "halfstp: unknown key, did you mean halfstep?");
  }

  @Test
  void librariesKeepTheirOwnSettings() throws IOException {
    assertThat(
            ServiceSettings.read(file("akka.http.server.idle-timeout = 10 s"))
                .config()
                .getString("akka.http.server.idle-timeout"))
        .isEqualTo("10 s");
  }

  @Test
  void anOptionOfTheCommandLineIsNamedAsSuch() {
    assertThatThrownBy(() -> ServiceSettings.read(null).with("http.port", 70_000))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("--port: halfstep.service.http.port: found '70000'");
  }

  @Test
  void whatCannotBeParsedOrResolvedIsNamed() {
    refused("halfstep.service {", "service.conf: 1: ");
    refused("halfstep.service.name = ${NO_SUCH_NAME}", "service.conf: 1: ", "NO_SUCH_NAME");
  }

  @Test
  void filesThatAreNotThereOrEmptyAreToldBeforeTheStart() throws IOException {
    Path empty = Files.writeString(folder.resolve("empty"), "\n");
    for (String key :
        new String[] {
          "http.token-file",
          "http.tls.keystore",
          "http.tls.password-file",
          "journal.password-file",
          "jobs.models",
          "intake.folders"
        }) {
      ServiceSettings settings =
          ServiceSettings.read(
              file("halfstep.service." + key + " = \"" + folder.resolve("none") + "\""));
      assertThatThrownBy(settings::requireFiles)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContainingAll("halfstep.service." + key, folder.resolve("none").toString());
    }
    ServiceSettings settings = ServiceSettings.read(null).with("http.token-file", empty.toString());
    assertThatThrownBy(settings::requireFiles).hasMessageContaining("is empty");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> ServiceSettings.read(folder.resolve("no.conf")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no.conf: no such file");
  }

  @Test
  void pathsOfStrangersStayWithinTheFoldersThatAreMeantForThem() throws IOException {
    Path models = Files.createDirectories(folder.resolve("models/inner"));
    Path model = Files.writeString(models.resolve("a.onnx"), "");
    Path secret = Files.writeString(folder.resolve("secret.onnx"), "");
    Files.createSymbolicLink(models.resolve("link.onnx"), secret);
    Files.createSymbolicLink(models.resolve("folder"), folder);
    ServiceSettings open =
        ServiceSettings.read(null)
            .with("jobs.models", models.getParent().toString())
            .with("intake.folders", models.getParent().toString());

    assertThat(open.model("inner/a.onnx")).isEqualTo(model.toRealPath());
    assertThat(open.watched("inner")).isEqualTo(models.toRealPath());
    for (String path :
        new String[] {
          secret.toString(), "../secret.onnx", "inner/link.onnx", "inner/folder/secret.onnx", "\0"
        }) {
      assertThatThrownBy(() -> open.model(path))
          .as(path)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageNotContaining(models.toString());
    }
    for (String path : new String[] {folder.toString(), "..", "inner/folder", "/", "\0"}) {
      assertThatThrownBy(() -> open.watched(path))
          .as(path)
          .isInstanceOf(InvalidInputException.class);
    }
    ServiceSettings closed = ServiceSettings.read(null);
    assertThatThrownBy(() -> closed.model("a.onnx")).hasMessageContaining("upload the file");
    assertThatThrownBy(() -> closed.watched("inner")).hasMessageContaining("intake.folders");
  }
}
