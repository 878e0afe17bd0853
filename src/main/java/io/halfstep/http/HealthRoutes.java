package io.halfstep.http;

import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Route;
import io.halfstep.service.Service;
import java.util.Map;

/** Health, for whoever asks. Ready means: a sample would be accepted. */
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
    boolean ready = service.isReady();
    return complete(
        Answers.json(
            ready ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE, Map.of("ready", ready)));
  }
}
