package io.halfstep.cli;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the service is. */
final class ClientOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Of the service. Default: $HALFSTEP_URL, or http://127.0.0.1:8620.")
  private @Nullable URI url;

  /** A client; the token is in the environment, where other users do not see it. */
  ServiceClient client() {
    String fromEnvironment = System.getenv("HALFSTEP_URL");
    URI base =
        url != null
            ? url
            : URI.create(fromEnvironment == null ? "http://127.0.0.1:8620" : fromEnvironment);
    String token = System.getenv("HALFSTEP_TOKEN");
    return new ServiceClient(base, token == null ? "" : token);
  }
}
