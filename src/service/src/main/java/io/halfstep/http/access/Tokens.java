package io.halfstep.http.access;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The tokens of the service: those of {@code http.tokens}, and {@code http.token}, an admin's. */
public final class Tokens {
  /** The name of the token that has no line in the file. */
  static final String SINGLE = "http.token";

  private final Supplier<List<Client>> clients;

  private Tokens(Supplier<List<Client>> clients) {
    this.clients = clients;
  }

  /**
   * Reads the tokens.
   *
   * @throws InvalidInputException if a file can't be read or is invalid
   */
  public static Tokens of(ServiceSettings settings) {
    String single = settings.token();
    List<Client> fixed =
        single.isEmpty()
            ? List.of()
            : List.of(
                new Client(
                    new Token(SINGLE, Role.ADMIN, Token.hash(single)),
                    settings.limits(Role.ADMIN.label(), Map.of(), SINGLE)));
    Path file = settings.tokens();
    return new Tokens(
        file == null
            ? () -> fixed
            : new Reloaded<>(List.of(file), () -> together(fixed, TokenFile.read(file, settings))));
  }

  private static List<Client> together(List<Client> some, List<Client> others) {
    List<Client> all = new ArrayList<>(some);
    all.addAll(others);
    return List.copyOf(all);
  }

  /** Returns whether everybody may use the service. */
  public boolean isEmpty() {
    return clients.get().isEmpty();
  }

  /** Returns the holder of a token; empty if it is unknown. All tokens are compared. */
  public Optional<Client> find(String text) {
    String hash = Token.hash(text);
    @Nullable Client found = null;
    for (Client client : clients.get()) {
      if (client.token().hasHash(hash)) {
        found = client;
      }
    }
    return Optional.ofNullable(found);
  }
}
