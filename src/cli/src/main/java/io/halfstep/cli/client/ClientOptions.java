package io.halfstep.cli.client;

import io.halfstep.failure.InvalidInputException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for connecting to the service. */
final class ClientOptions {
  private static final String HERE = "http://127.0.0.1:8620";
  private static final long A_DAY = 86_400;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The service's URL. Default: $HALFSTEP_URL, or " + HERE + ".")
  private @Nullable String url;

  @Option(
      names = "--ca",
      paramLabel = "FILE.pem",
      description =
          "Certificates of the authorities to trust, for a service whose certificate is not from a"
              + " public one. Default: $HALFSTEP_CA, or those that Java trusts.")
  private @Nullable Path authorities;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      description = "How long to wait for a service that is down or full, in seconds. Default: 60.")
  private long patience = 60;

  /**
   * Creates a client; the token comes from the environment, which other users can't see.
   *
   * @param err receives a message while the client waits for the service
   */
  ServiceClient client(PrintWriter err) {
    if (patience < 0 || patience > A_DAY) {
      throw new InvalidInputException(
          "--patience: found %d, expected seconds from 0 to %d".formatted(patience, A_DAY));
    }
    String file = System.getenv("HALFSTEP_CA");
    Path trusted = authorities == null && file != null ? Path.of(file) : authorities;
    String token = System.getenv("HALFSTEP_TOKEN");
    return new ServiceClient(
        base(),
        token == null ? "" : token.strip(),
        trusted == null ? null : Authorities.read(trusted).context(),
        Duration.ofSeconds(patience),
        err);
  }

  /** Returns the given options that another command needs to reach the same service. */
  String given() {
    return (url == null ? "" : " --url " + url)
        + (authorities == null ? "" : " --ca '" + authorities + "'");
  }

  private URI base() {
    String fromEnvironment = System.getenv("HALFSTEP_URL");
    String given = url != null ? url : fromEnvironment != null ? fromEnvironment : HERE;
    if (!given.matches("https?://[^/?#\\s]+/?")) {
      throw new InvalidInputException(
          "--url '%s': expected http://HOST:PORT or https://HOST:PORT".formatted(given));
    }
    try {
      return URI.create(given);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException("--url '%s': %s".formatted(given, e.getMessage()), e);
    }
  }
}
