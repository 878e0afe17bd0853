package io.halfstep.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class GzipTest {
  private static byte[] deflate(byte[] bytes) throws IOException {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(to)) {
      gzip.write(bytes);
    }
    return to.toByteArray();
  }

  @Test
  void inflatesUpToTheLimit() throws IOException {
    byte[] bytes = new byte[10_000];
    new Random(1).nextBytes(bytes);
    assertThat(Gzip.inflate(deflate(bytes), 10_000)).isEqualTo(bytes);
    byte[] body = deflate(bytes);
    assertThatThrownBy(() -> Gzip.inflate(body, 9_999))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("request: its gzip body has more than 9999 bytes when inflated");
  }

  @Test
  void damageIsSaid() throws IOException {
    byte[] body = deflate(new byte[10_000]);
    for (int length = 0; length < body.length; length++) {
      byte[] cut = Arrays.copyOf(body, length);
      assertThatThrownBy(() -> Gzip.inflate(cut, 10_000)).isInstanceOf(InvalidInputException.class);
    }
    body[body.length - 6] ^= 1; // the checksum
    assertThatThrownBy(() -> Gzip.inflate(body, 10_000)).isInstanceOf(InvalidInputException.class);
  }
}
