package io.halfstep.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.halfstep.fuzz.Untrusted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The serialized forms. */
class FormsFuzzTest {
  private static final Path RESOURCES = Path.of("src/core/src/test/resources/io/halfstep/wire");

  static Stream<byte[]> forms() {
    return Stream.of("forms-1.txt", "forms-2.txt", "forms-3.txt")
        .flatMap(
            name -> {
              try {
                return Files.readAllLines(RESOURCES.resolve(name)).stream();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .map(line -> HexFormat.of().parseHex(line.substring(line.indexOf(' ') + 1)));
  }

  @MethodSource("forms")
  @FuzzTest
  void form(byte[] input) {
    Untrusted.check(
        input,
        () -> new WireReader(input).object(Object.class),
        UncheckedIOException.class,
        IllegalArgumentException.class,
        ArithmeticException.class,
        ClassCastException.class);
  }
}
