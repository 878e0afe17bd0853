package io.halfstep.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 checksums, in hexadecimal digits. */
public final class Sha256 {
  private Sha256() {}

  /** Writes what is to be summed. */
  public interface Content {
    void write(OutputStream to) throws IOException;
  }

  /** Returns the checksum of a file. */
  public static String of(Path file) throws IOException {
    return of(
        to -> {
          try (InputStream from = Files.newInputStream(file)) {
            from.transferTo(to);
          }
        });
  }

  /** Returns the checksum of what is written. */
  public static String of(Content content) throws IOException {
    try (DigestOutputStream to =
        new DigestOutputStream(
            OutputStream.nullOutputStream(), MessageDigest.getInstance("SHA-256"))) {
      content.write(to);
      return HexFormat.of().formatHex(to.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
