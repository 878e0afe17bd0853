package io.halfstep.http;

import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Route;
import io.halfstep.service.Service;
import java.util.Map;

/** Health checks, without a token. Live: the process answers. Ready: a sample would be accepted. */
final class HealthRoutes extends AllDirectives {
  private final Service service;

  HealthRoutes(Service service) {
    this.service = service;
  }

  Route all() {
    return pathPrefix(
        "v2",
        () ->
            pathPrefix(
                "health",
                () ->
                    concat(
                        path("live", () -> get(() -> complete(Answers.ok(Map.of("live", true))))),
                        path("ready", () -> get(this::ready)))));
  }

  private Route ready() {
    return complete(
        service
            .obstacle()
            .map(
                why ->
                    Answers.json(
                        StatusCodes.SERVICE_UNAVAILABLE, Map.of("ready", false, "reason", why)))
            .orElseGet(() -> Answers.ok(Map.of("ready", true))));
  }
}
