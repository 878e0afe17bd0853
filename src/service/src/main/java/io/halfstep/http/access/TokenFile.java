package io.halfstep.http.access;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads a file of tokens: one a line, with name, role, hash, and its limits where they differ from
 * those of the role. Empty lines and lines that begin with # are ignored.
 */
final class TokenFile {
  private static final int FIELDS = 3;

  private TokenFile() {}

  /**
   * Returns the tokens' holders.
   *
   * @throws InvalidInputException names the file, the line, what was found and what is expected
   */
  static List<Client> read(Path file, ServiceSettings settings) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new InvalidInputException("%s: can't be read: %s".formatted(file, e), e);
    }
    List<Client> clients = new ArrayList<>();
    Set<String> seen = new HashSet<>(Set.of(Tokens.SINGLE));
    for (int number = 1; number <= lines.size(); number++) {
      String line = lines.get(number - 1).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String place = "%s:%d".formatted(file, number);
      Client client = client(line.split("\\s+"), place, settings);
      Token token = client.token();
      if (!seen.add(token.name()) || !seen.add(token.hash())) {
        throw new InvalidInputException(
            "%s: the name or the hash of '%s' is there twice, expected once"
                .formatted(place, token.name()));
      }
      clients.add(client);
    }
    if (clients.isEmpty()) {
      throw new InvalidInputException(
          "%s: found no token, expected lines of NAME ROLE SHA-256".formatted(file));
    }
    return List.copyOf(clients);
  }

  private static Client client(String[] fields, String place, ServiceSettings settings) {
    if (fields.length < FIELDS) {
      throw new InvalidInputException(
          "%s: found %d fields, expected NAME ROLE SHA-256 [LIMIT=N]..."
              .formatted(place, fields.length));
    }
    Token token;
    try {
      token = new Token(fields[0], Role.of(fields[1]), fields[2]);
    } catch (InvalidInputException e) {
      throw new InvalidInputException(place + ": " + e.getMessage(), e);
    }
    Map<String, String> limits = new TreeMap<>();
    for (int i = FIELDS; i < fields.length; i++) {
      String[] limit = fields[i].split("=", 2);
      if (limit.length < 2 || !limit[0].matches("[a-z-]+")) {
        throw new InvalidInputException(
            "%s: found '%s', expected a limit, e.g. requests-per-second=100"
                .formatted(place, fields[i]));
      }
      if (limits.put(limit[0], limit[1]) != null) {
        throw new InvalidInputException(
            "%s: %s is there twice, expected once".formatted(place, limit[0]));
      }
    }
    return new Client(token, settings.limits(token.role().label(), limits, place));
  }
}
