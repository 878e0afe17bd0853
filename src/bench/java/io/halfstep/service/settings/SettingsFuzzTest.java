package io.halfstep.service.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.halfstep.fuzz.Untrusted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The configuration of a service. */
class SettingsFuzzTest {
  static Stream<byte[]> settings() throws IOException {
    return Stream.of(
        Files.readAllBytes(Path.of("config/service.conf")),
        "halfstep.service { http { port = 1, token = a, names = [b] }, jobs.active = 2 }"
            .getBytes(UTF_8));
  }

  @MethodSource("settings")
  @FuzzTest
  void configuration(byte[] input) {
    if (!new String(input, UTF_8).contains("include")) { // which may read any file or address
      Untrusted.check(input, "service.conf", ServiceSettings::read);
    }
  }
}
