package io.halfstep.http.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.halfstep.failure.InvalidInputException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A token as the service knows it.
 *
 * @param name of its holder, for the log
 * @param hash the SHA-256 of its text, in hexadecimal. Unlike a password's, it can't be guessed
 *     from the hash, since tokens have 256 random bits; so a fast hash without salt is enough.
 */
public record Token(String name, Role role, String hash) {
  private static final int RANDOM_BYTES = 32;

  /**
   * Checks the name and the hash.
   *
   * @throws InvalidInputException if one is invalid; a hash is not repeated in its message, since
   *     it may be a token that was put there by mistake
   */
  public Token {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new InvalidInputException(
          "name: found '%s', expected 1 to 64 letters, digits, dots, dashes or underscores"
              .formatted(name));
    }
    if (!hash.matches("[0-9a-f]{64}")) {
      throw new InvalidInputException(
          "hash of '%s': found %d characters, expected a SHA-256 in 64 lower-case hexadecimal digits"
              .formatted(name, hash.length()));
    }
  }

  /** Returns the text of a new token: 256 random bits in Base64 for URLs. */
  public static String random() {
    byte[] bits = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(bits);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
  }

  /** Returns the hash of a token's text. */
  public static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /** Returns whether this is the token with a hash, in a time that does not depend on it. */
  boolean hasHash(String other) {
    return MessageDigest.isEqual(hash.getBytes(UTF_8), other.getBytes(UTF_8));
  }

  /** Returns its line in a file of tokens. */
  public String line() {
    return "%s %s %s".formatted(name, role.label(), hash);
  }
}
