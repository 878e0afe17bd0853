package io.halfstep.http;

import io.halfstep.failure.InvalidInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Bodies with {@code Content-Encoding: gzip}. */
public final class Gzip {
  private Gzip() {}

  /**
   * Inflates a body.
   *
   * @param limit how many bytes it may have then; no more than one beyond is ever inflated
   * @throws InvalidInputException if it is larger, damaged, or cut short
   */
  public static byte[] inflate(byte[] body, int limit) {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      byte[] inflated = in.readNBytes(limit);
      if (in.read() >= 0) {
        throw new InvalidInputException(
            "request: its gzip body has more than " + limit + " bytes when inflated");
      }
      return inflated;
    } catch (IOException e) {
      throw new InvalidInputException(
          "request: its body is not gzip, damaged or cut short: " + e.getMessage(), e);
    }
  }
}
