package io.halfstep.http;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.failure.TooLargeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** The compression of a body, from {@code Content-Encoding}. */
enum ContentCoding {
  IDENTITY,
  GZIP,
  DEFLATE;

  /** The supported codings other than {@code identity}, for headers and messages. */
  static final String SUPPORTED = "gzip, deflate";

  /** Returns the coding of this name; empty if it is not supported. */
  static Optional<ContentCoding> of(String name) {
    return switch (name.strip().toLowerCase(Locale.ROOT)) {
      case "identity" -> Optional.of(IDENTITY);
      case "gzip", "x-gzip" -> Optional.of(GZIP);
      case "deflate" -> Optional.of(DEFLATE);
      default -> Optional.empty();
    };
  }

  /**
   * Decompresses a body.
   *
   * @param limit the largest size after decompression; decompression stops one byte beyond it
   * @throws TooLargeException if it is larger
   * @throws InvalidInputException if it is damaged or cut short
   */
  byte[] unpack(byte[] body, int limit) {
    if (this == IDENTITY) {
      return body;
    }
    try (InputStream in = unpacked(new ByteArrayInputStream(body))) {
      byte[] unpacked = in.readNBytes(limit);
      if (in.read() >= 0) {
        throw new TooLargeException(
            "request: its body has more than %d bytes when unpacked".formatted(limit));
      }
      return unpacked;
    } catch (IOException e) {
      throw new InvalidInputException(
          "request: its body is not %s, damaged or cut short: %s"
              .formatted(name().toLowerCase(Locale.ROOT), e.getMessage()),
          e);
    }
  }

  private InputStream unpacked(InputStream packed) throws IOException {
    return this == GZIP ? new GZIPInputStream(packed) : new InflaterInputStream(packed);
  }
}
