package io.halfstep.http;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.HttpChallenge;
import akka.http.javadsl.model.headers.WWWAuthenticate;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.ExceptionHandler;
import akka.http.javadsl.server.Route;
import io.halfstep.service.Service;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** All routes: health for everyone, the rest for who has the token. */
final class Routes extends AllDirectives {
  private static final String BEARER = "Bearer ";

  private final Service service;
  private final Supplier<String> metrics;
  private final String token;
  private final Route guarded; // made once: its parts count what is under way

  Routes(Service service, Supplier<String> metrics) {
    this.service = service;
    this.metrics = metrics;
    this.token = service.settings().token();
    this.guarded = guarded();
  }

  Route all() {
    ExceptionHandler failures =
        ExceptionHandler.newBuilder().matchAny(e -> complete(Answers.failure(e))).build();
    return counted(
        handleExceptions(
            failures,
            () ->
                concat(
                    new HealthRoutes(service).all(),
                    extractRequest(
                        request ->
                            allowed(
                                    request
                                        .getHeader("Authorization")
                                        .map(akka.http.javadsl.model.HttpHeader::value))
                                ? guarded
                                : complete(unauthorized())))));
  }

  private Route counted(Route all) {
    Route sealed = all.seal();
    return extractRequest(
        request ->
            mapResponse(
                response -> {
                  service
                      .board()
                      .observer()
                      .answered(kind(request.getUri().path()), response.status().intValue());
                  Audit.note(request, response);
                  return response;
                },
                () -> sealed));
  }

  /** One of few, whatever is asked for. */
  private static String kind(String path) {
    if (path.startsWith("/v2/health/")) {
      return "health";
    }
    if (path.startsWith("/v2")) {
      return path.endsWith("/infer") ? "infer" : "model";
    }
    return path.startsWith("/jobs") ? "jobs" : path.equals("/metrics") ? "metrics" : "other";
  }

  private Route guarded() {
    return concat(
        path("metrics", () -> get(() -> complete(metrics()))),
        path("openapi.yaml", () -> get(() -> complete(description()))),
        new JobRoutes(service).all(),
        new InferenceRoutes(service).all(),
        complete(Answers.error(StatusCodes.NOT_FOUND, "no such resource; see /openapi.yaml")));
  }

  private boolean allowed(Optional<String> authorization) {
    if (token.isEmpty()) {
      return true;
    }
    byte[] expected = (BEARER + token).getBytes(StandardCharsets.UTF_8);
    byte[] found = authorization.orElse("").getBytes(StandardCharsets.UTF_8);
    return MessageDigest.isEqual(expected, found);
  }

  private static HttpResponse unauthorized() {
    return Answers.error(
            StatusCodes.UNAUTHORIZED, "expected the header 'Authorization: Bearer TOKEN'")
        .addHeader(WWWAuthenticate.create(HttpChallenge.create("Bearer", "halfstep")));
  }

  private HttpResponse metrics() {
    return HttpResponse.create()
        .withEntity(
            HttpEntities.create(
                ContentTypes.parse("text/plain; version=0.0.4; charset=utf-8"),
                metrics.get().getBytes(StandardCharsets.UTF_8)));
  }

  private static HttpResponse description() {
    try (InputStream in =
        Objects.requireNonNull(Routes.class.getResourceAsStream("openapi.yaml"))) {
      return HttpResponse.create()
          .withEntity(
              HttpEntities.create(ContentTypes.parse("application/yaml"), in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
