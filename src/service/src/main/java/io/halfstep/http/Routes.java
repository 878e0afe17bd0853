package io.halfstep.http;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.Allow;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.ExceptionHandler;
import akka.http.javadsl.server.MethodRejection;
import akka.http.javadsl.server.RejectionHandler;
import akka.http.javadsl.server.Route;
import io.halfstep.http.access.Tokens;
import io.halfstep.http.body.Bodies;
import io.halfstep.http.body.Lingering;
import io.halfstep.http.page.WebPage;
import io.halfstep.service.Service;
import io.halfstep.service.samples.Refusal;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** All routes: health and the web page for everyone, the others for clients with a token. */
final class Routes extends AllDirectives {
  private final Service service;
  private final Supplier<String> metrics;
  private final TokenGuard guard;
  private final PageGuard pages;
  private final Audit audit = new Audit();
  private final OfferedSamples samples;
  private final akka.japi.function.Function<HttpRequest, CompletionStage<HttpResponse>> routes;

  Routes(Service service, Supplier<String> metrics, Tokens tokens) {
    this.service = service;
    this.metrics = metrics;
    this.guard = new TokenGuard(tokens, service.settings().bodyTimeout());
    this.pages = new PageGuard(service.settings());
    this.samples = new OfferedSamples(service);
    this.routes =
        concat(new HealthRoutes(service).all(), new WebPage().all(), guarded())
            .seal(rejections(), ExceptionHandler.newBuilder().matchAny(this::failed).build())
            .function(service.system());
  }

  /** Answers every request, also after an unexpected or fatal failure. */
  CompletionStage<HttpResponse> answer(HttpRequest sent) {
    HttpRequest request = guard.identified(sent);
    CompletionStage<HttpResponse> answer;
    try {
      answer =
          ConnectionGate.isExtra(request) && !isWatching(request)
              ? CompletableFuture.completedStage(Answers.crowded())
              : Lingering.answer(request, this::routed, service.system());
    } catch (Throwable e) { // the client waits for an answer
      answer = CompletableFuture.failedStage(e);
    }
    String kind = kind(request.getUri().path());
    return answer
        .exceptionally(Answers::failure)
        .thenApply(
            response -> {
              service.liveJobs().observer().answered(kind, response.status().intValue());
              audit.note(request, response);
              return response;
            });
  }

  private CompletionStage<HttpResponse> routed(HttpRequest request) {
    String offered = OfferedSamples.model(request);
    try {
      return offered == null ? routes.apply(request) : offer(offered, request);
    } catch (Exception e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private CompletionStage<HttpResponse> offer(String model, HttpRequest request) {
    Optional<CompletionStage<HttpResponse>> refusal = refused(request);
    return refusal.isPresent()
        ? refusal.get()
        : samples.answer(model, TokenGuard.isUncounted(request) ? guard.counted(request) : request);
  }

  private static boolean isWatching(HttpRequest request) {
    return List.of("health", "metrics").contains(kind(request.getUri().path()));
  }

  private Route failed(Throwable failure) {
    return complete(Answers.failure(failure));
  }

  /** Answers requests that no route takes: Akka's status with our message. */
  private RejectionHandler rejections() {
    return RejectionHandler.newBuilder()
        .handleAll(MethodRejection.class, this::otherMethods)
        .handleNotFound(
            complete(Answers.error(StatusCodes.NOT_FOUND, "no such resource; see /openapi.yaml")))
        .build()
        .withFallback(RejectionHandler.defaultHandler().mapRejectionResponse(Routes::inJson));
  }

  private Route otherMethods(List<MethodRejection> rejections) {
    Set<HttpMethod> allowed = new LinkedHashSet<>();
    for (MethodRejection rejection : rejections) {
      allowed.add(rejection.supported());
      if (rejection.supported().equals(HttpMethods.GET)) {
        allowed.add(HttpMethods.HEAD);
      }
    }
    String names = allowed.stream().map(HttpMethod::value).collect(Collectors.joining(", "));
    return complete(
        Answers.error(StatusCodes.METHOD_NOT_ALLOWED, "expected one of the methods " + names)
            .addHeader(Allow.create(allowed.toArray(HttpMethod[]::new))));
  }

  private static HttpResponse inJson(HttpResponse response) {
    String message =
        response.entity() instanceof HttpEntity.Strict text
            ? text.getData().utf8String()
            : response.status().reason();
    return Answers.error(response.status(), message).withHeaders(response.getHeaders());
  }

  /** Returns one of a few labels, whatever the request's path is. */
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
    Route inside = // made once, since its parts count requests in progress
        concat(
            path("metrics", () -> get(() -> complete(metrics()))),
            path("openapi.yaml", () -> get(() -> complete(description()))),
            new JobRoutes(service).all(),
            new InferenceRoutes(service).all());
    Route counted = mapRequest(guard::counted, () -> inside);
    return extractRequest(
        request ->
            refused(request)
                .<Route>map(this::completeWithFuture)
                .orElseGet(() -> TokenGuard.isUncounted(request) ? counted : inside));
  }

  /** Answers a request that its sender may not make, or that is beyond its token's limits. */
  private Optional<CompletionStage<HttpResponse>> refused(HttpRequest request) {
    return refusal(request)
        .<CompletionStage<HttpResponse>>map(CompletableFuture::completedStage)
        .or(() -> guard.excess(request).map(refusal -> excess(request, refusal)));
  }

  private Optional<HttpResponse> refusal(HttpRequest request) {
    return guard.isOpen() ? pages.refusal(request) : guard.refusal(request);
  }

  /** Refuses what is beyond a token's limits. */
  private CompletionStage<HttpResponse> excess(HttpRequest request, HttpResponse refusal) {
    Refusal reason =
        refusal.status().equals(StatusCodes.TOO_MANY_REQUESTS)
            ? Refusal.RATE_LIMITED
            : Refusal.INVALID;
    Optional.ofNullable(OfferedSamples.model(request))
        .flatMap(service.liveJobs()::forModel)
        .ifPresent(live -> live.counts().refused(reason, 1)); // the number of samples is unknown
    ServiceSettings settings = service.settings();
    return Bodies.passOver(
            request, settings.requestBytes(), settings.bodyTimeout(), service.system())
        .thenApply(passed -> refusal);
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
