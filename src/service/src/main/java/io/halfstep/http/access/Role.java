package io.halfstep.http.access;

import io.halfstep.failure.InvalidInputException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** What the holder of a token may do. */
public enum Role {
  /** Send samples, and see where it is in them. */
  FEED,
  /** See everything. */
  READ,
  /** Everything. */
  ADMIN;

  private static final Pattern SAMPLES =
      Pattern.compile("/v2/models/[^/]+(/versions/[^/]+)?/infer");
  private static final Pattern POSITION = Pattern.compile("/v2(/.*)?|/jobs/[^/]+/producers/[^/]+");

  /** Returns the roles that may send a request, which is for administrators unless known. */
  public static Set<Role> allowed(String method, String path) {
    boolean reads = method.equals("GET") || method.equals("HEAD");
    if (reads && POSITION.matcher(path).matches()) {
      return EnumSet.allOf(Role.class);
    }
    if (reads) {
      return EnumSet.of(READ, ADMIN);
    }
    return method.equals("POST") && SAMPLES.matcher(path).matches()
        ? EnumSet.of(FEED, ADMIN)
        : EnumSet.of(ADMIN);
  }

  /**
   * Returns the role of this name.
   *
   * @throws InvalidInputException if there is none
   */
  public static Role of(String name) {
    return Arrays.stream(values())
        .filter(role -> role.label().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "role: found '%s', expected feed, read or admin".formatted(name)));
  }

  /** Returns its name in files, options and messages. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
