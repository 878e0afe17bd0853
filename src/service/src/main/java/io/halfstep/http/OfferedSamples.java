package io.halfstep.http;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaType;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.http.body.Bodies;
import io.halfstep.service.LiveJob;
import io.halfstep.service.Service;
import io.halfstep.service.samples.Intake;
import io.halfstep.service.samples.Receipt;
import io.halfstep.service.samples.Refusal;
import io.halfstep.tensor.NamedTensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code POST /v2/models/NAME[/versions/V]/infer}: takes the samples and acknowledges them.
 * It is not made of Akka's directives, since there may be thousands of these requests a second, and
 * directives take more time than all else.
 */
final class OfferedSamples {
  private final Service service;
  private final BodyBudget bodyBudget;
  private final int requestBytes;
  private final Duration patience;

  OfferedSamples(Service service) {
    this.service = service;
    this.bodyBudget = new BodyBudget(Runtime.getRuntime().maxMemory() / 16);
    this.requestBytes =
        (int) Math.min(service.settings().requestBytes(), Integer.MAX_VALUE - 8); // one array
    this.patience = service.settings().bodyTimeout();
  }

  /** Returns the name of the model that a request offers samples for, or null if it does not. */
  static @Nullable String model(HttpRequest request) {
    if (!request.method().equals(HttpMethods.POST)) {
      return null;
    }
    List<String> path = new ArrayList<>();
    request.getUri().pathSegments().forEach(path::add);
    int last = path.size() - 1;
    boolean offers =
        (last == 3 || (last == 5 && path.get(3).equals("versions")))
            && path.get(0).equals("v2")
            && path.get(1).equals("models")
            && path.get(last).equals("infer");
    return offers ? path.get(2) : null;
  }

  /** Answers a request that offers samples for the model of this name. */
  CompletionStage<HttpResponse> answer(String name, HttpRequest request) {
    long start = System.nanoTime();
    Optional<LiveJob> live = service.liveJobs().forModel(name);
    if (live.isEmpty()) {
      return Bodies.passOver(request, requestBytes, patience, service.system())
          .thenApply(passed -> Answers.unknownModel(name));
    }
    return take(name, live.get(), request)
        .thenApply(
            answer -> {
              time(answer, start);
              return answer;
            });
  }

  private void time(HttpResponse answer, long start) {
    if (answer.status().equals(StatusCodes.ACCEPTED)) {
      service.liveJobs().observer().acknowledged(System.nanoTime() - start);
    }
  }

  private CompletionStage<HttpResponse> take(String name, LiveJob live, HttpRequest request) {
    Optional<HttpResponse> unfit = unfit(request);
    if (unfit.isPresent()) {
      return refuse(live, request, Refusal.INVALID, unfit.get());
    }
    long reserved = bodyBudget.reserve(request, requestBytes);
    if (reserved < 0) {
      return refuse(live, request, Refusal.OVERLOADED, Answers.failure(bodyBudget.overloaded()));
    }
    return Bodies.read(request.entity(), requestBytes, patience, service.system())
        .thenCompose(body -> offer(name, live, parse(live, request, body.toArray())))
        .whenComplete((answer, failure) -> bodyBudget.release(reserved))
        .exceptionally(Answers::failure);
  }

  private CompletionStage<HttpResponse> refuse(
      LiveJob live, HttpRequest request, Refusal why, HttpResponse answer) {
    live.counts().refused(why, 1); // the number of samples in it is unknown
    return Bodies.passOver(request, requestBytes, patience, service.system())
        .thenApply(passed -> answer);
  }

  /** Decides what does not depend on the body. */
  private Optional<HttpResponse> unfit(HttpRequest request) {
    if (request.entity().getContentLengthOption().orElse(0) > requestBytes) {
      return Optional.of(Answers.tooLarge(requestBytes, "http.request-bytes"));
    }
    if (coding(request).isEmpty()) {
      return Optional.of(
          Answers.error(
                  StatusCodes.UNSUPPORTED_MEDIA_TYPE,
                  "Content-Encoding: expected %s or none".formatted(ContentCoding.SUPPORTED))
              .addHeader(RawHeader.create("Accept-Encoding", ContentCoding.SUPPORTED)));
    }
    if (!isRequestType(request)) {
      return Optional.of(
          Answers.error(
              StatusCodes.UNSUPPORTED_MEDIA_TYPE,
              "Content-Type: found %s, expected application/json, application/octet-stream or none"
                  .formatted(request.entity().getContentType())));
    }
    return Optional.empty();
  }

  /** With the header that forms can't send, any content type is accepted. */
  private static boolean isRequestType(HttpRequest request) {
    MediaType type = request.entity().getContentType().mediaType();
    return type.equals(MediaTypes.APPLICATION_JSON)
        || type.equals(MediaTypes.APPLICATION_OCTET_STREAM)
        || request.entity().getContentType().equals(ContentTypes.NO_CONTENT_TYPE)
        || request.getHeader(InferenceRequest.JSON_LENGTH_HEADER).isPresent();
  }

  private static Optional<ContentCoding> coding(HttpRequest request) {
    return ContentCoding.of(
        request.getHeader("Content-Encoding").map(HttpHeader::value).orElse("identity"));
  }

  private InferenceRequest parse(LiveJob live, HttpRequest request, byte[] body) {
    try {
      return InferenceRequest.parse(
          coding(request).orElseThrow().unpack(body, requestBytes),
          WireRequests.jsonLength(
              request
                  .getHeader(InferenceRequest.JSON_LENGTH_HEADER)
                  .map(HttpHeader::value)
                  .orElse(null)),
          RequestLimits.DEFAULT);
    } catch (InvalidInputException e) {
      live.counts().refused(Refusal.INVALID, 1); // the number of samples in it is unknown
      throw e;
    }
  }

  private CompletionStage<HttpResponse> offer(String name, LiveJob live, InferenceRequest request) {
    Intake intake = live.intake();
    if (intake == null) {
      return CompletableFuture.completedStage(notNow(live, guess(request)));
    }
    return intake
        .offer(request::samples, guess(request), Feeding.origin(request))
        .thenApply(receipt -> accepted(name, request, receipt));
  }

  /** Estimates the number of samples. */
  private static int guess(InferenceRequest request) {
    return request.inputs().stream()
        .map(NamedTensor::tensor)
        .filter(tensor -> tensor.rank() > 0)
        .mapToInt(tensor -> (int) tensor.dim(0))
        .max()
        .orElse(1);
  }

  private HttpResponse notNow(LiveJob live, int samples) {
    if (live.job().phase().isFinal()) {
      live.counts().refused(Refusal.ENDED, samples);
      return Answers.error(StatusCodes.CONFLICT, "the job has ended; it takes no more samples");
    }
    live.counts().refused(Refusal.UNAVAILABLE, samples);
    return Answers.opening();
  }

  private static HttpResponse accepted(String name, InferenceRequest request, Receipt receipt) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model_name", name);
    if (request.id() != null) {
      answer.put("id", request.id());
    }
    answer.put("outputs", List.of());
    answer.put(
        "parameters",
        Map.of(
            "offered", receipt.offered(),
            "taken", receipt.taken(),
            "duplicates", receipt.duplicates()));
    return Answers.json(StatusCodes.ACCEPTED, answer);
  }
}
