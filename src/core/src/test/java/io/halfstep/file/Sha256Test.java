package io.halfstep.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Sha256Test {
  /** FIPS 180-4's example for "abc". */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void isThatOfTheStandard(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("abc");
    Files.writeString(file, "abc");

    assertThat(Sha256.of(file)).isEqualTo(ABC);
    assertThat(Sha256.of(to -> to.write("abc".getBytes(UTF_8)))).isEqualTo(ABC);
  }
}
