package io.halfstep.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.TooLargeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContentCodingTest {
  private static byte[] pack(ContentCoding coding, byte[] bytes) throws IOException {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    try (OutputStream packed =
        coding == ContentCoding.GZIP ? new GZIPOutputStream(to) : new DeflaterOutputStream(to)) {
      packed.write(bytes);
    }
    return to.toByteArray();
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "DEFLATE"})
  void unpacksUpToTheLimit(ContentCoding coding) throws IOException {
    byte[] bytes = new byte[10_000];
    new Random(1).nextBytes(bytes);
    byte[] body = pack(coding, bytes);
    assertThat(coding.unpack(body, 10_000)).isEqualTo(bytes);
    assertThatThrownBy(() -> coding.unpack(body, 9_999))
        .isInstanceOf(TooLargeException.class)
        .hasMessage("request: its body has more than 9999 bytes when unpacked");
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "DEFLATE"})
  void damageIsSaid(ContentCoding coding) throws IOException {
    byte[] body = pack(coding, new byte[10_000]);
    for (int length = 0; length < body.length; length++) {
      byte[] cut = Arrays.copyOf(body, length);
      assertThatThrownBy(() -> coding.unpack(cut, 10_000))
          .isInstanceOf(InvalidInputException.class);
    }
    body[body.length - (coding == ContentCoding.GZIP ? 6 : 2)] ^= 1; // the checksum
    assertThatThrownBy(() -> coding.unpack(body, 10_000)).isInstanceOf(InvalidInputException.class);
  }
}
