package io.halfstep.http;

import akka.Done;
import akka.http.javadsl.marshalling.sse.EventStreamMarshalling;
import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpProtocols;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.Location;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.PathMatchers;
import akka.http.javadsl.server.Route;
import akka.http.javadsl.unmarshalling.StringUnmarshallers;
import akka.http.javadsl.unmarshalling.Unmarshaller;
import io.halfstep.http.body.Bodies;
import io.halfstep.http.events.ChangeEvents;
import io.halfstep.service.JobView;
import io.halfstep.service.LiveJob;
import io.halfstep.service.Service;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.samples.Intake;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** {@code /jobs}: submit, list, watch and control jobs, and fetch published models. */
final class JobRoutes extends AllDirectives {
  /** The number of jobs that the answer to an unknown id names. */
  private static final int NAMED = 5;

  private record Published(ContentType type, String file) {}

  private static final Map<String, Published> FILES =
      Map.of(
          "model", new Published(ContentTypes.APPLICATION_OCTET_STREAM, "model.onnx"),
          "encodings", new Published(ContentTypes.APPLICATION_JSON, "encodings.json"),
          "report", new Published(ContentTypes.TEXT_HTML_UTF8, "report.html"),
          "summary", new Published(ContentTypes.APPLICATION_JSON, "summary.json"));

  /** A report that a browser shows can do nothing, whatever is in it. */
  private static final List<HttpHeader> INERT =
      List.of(
          RawHeader.create(
              "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
          RawHeader.create("X-Content-Type-Options", "nosniff"));

  private final Service service;
  private final Uploads uploads;
  private final LogRoutes logs;
  private final NetworkRoutes networks;

  JobRoutes(Service service) {
    this.service = service;
    this.uploads = new Uploads(service);
    this.logs = new LogRoutes(service);
    this.networks = new NetworkRoutes(service);
  }

  Route all() {
    return pathPrefix(
        "jobs",
        () ->
            concat(
                pathEndOrSingleSlash(() -> concat(get(this::list), post(this::submit))),
                pathPrefix(PathMatchers.segment(), this::job)));
  }

  private Route list() {
    return parameterMap(
        parameters ->
            Parameters.flag(parameters, "follow")
                ? follow(parameters)
                : complete(Answers.ok(JobPage.of(service.liveJobs().jobs(), parameters))));
  }

  /** Streams the newest jobs by id, then what changes. */
  private Route follow(Map<String, String> parameters) {
    int limit = JobPage.limit(parameters);
    return stream(
        "jobs",
        () -> {
          List<LiveJob> all = service.liveJobs().jobs();
          Map<String, JobView> newest =
              all.subList(Math.max(0, all.size() - limit), all.size()).stream()
                  .map(JobView::of)
                  .collect(Collectors.toMap(JobView::id, view -> view));
          return Optional.of(new ChangeEvents.Look(Answers.tree(Map.of("jobs", newest)), false));
        });
  }

  private Route submit() {
    return extractRequest(
        request ->
            unfit(request)
                .map(refusal -> answer(refused(request, refusal)))
                .orElseGet(
                    () ->
                        withoutRequestTimeout(
                            () -> mapRequest(this::uploaded, () -> parameterMap(this::submit)))));
  }

  /** Decides what does not depend on the body. */
  private Optional<HttpResponse> unfit(HttpRequest request) {
    long most = service.settings().modelBytes();
    if (request.entity().getContentLengthOption().orElse(0) > most) {
      return Optional.of(Answers.tooLarge(most, "jobs.model-bytes"));
    }
    return request.getHeader("Content-Encoding").isEmpty()
        ? Optional.empty()
        : Optional.of(
            Answers.error(
                StatusCodes.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding: found one, expected none"));
  }

  private CompletionStage<HttpResponse> refused(HttpRequest request, HttpResponse refusal) {
    ServiceSettings settings = service.settings();
    return Bodies.passOver(request, settings.modelBytes(), settings.bodyTimeout(), service.system())
        .thenApply(passed -> refusal);
  }

  private HttpRequest uploaded(HttpRequest request) {
    ServiceSettings settings = service.settings();
    return request
        .withProtocol(HttpProtocols.HTTP_1_1) // of one of HTTP/1.0, no body may be a stream
        .withEntity(
            Bodies.limitedStream(request.entity(), settings.modelBytes(), settings.bodyTimeout()));
  }

  private Route submit(Map<String, String> parameters) {
    return entity(
        Unmarshaller.entityToMultipartFormData(),
        form ->
            answer(
                uploads
                    .receive(form, parameters)
                    .thenCompose(service::submit)
                    .thenApply(this::created)));
  }

  private HttpResponse created(JobSpec spec) {
    Object job = service.liveJobs().job(spec.id()).<Object>map(JobView::of).orElse(spec);
    return Answers.json(StatusCodes.CREATED, job).addHeader(Location.create("/jobs/" + spec.id()));
  }

  private Route job(String id) {
    Optional<LiveJob> found = service.liveJobs().job(id);
    if (found.isEmpty()) {
      return complete(Answers.error(StatusCodes.NOT_FOUND, noSuchJob(id)));
    }
    LiveJob live = found.get();
    return concat(
        pathEndOrSingleSlash(
            () ->
                concat(
                    get(() -> complete(Answers.ok(JobView.of(live)))),
                    delete(() -> done(service.delete(id), Map.of("deleted", id))))),
        path("pause", () -> post(() -> act(live, service::pause))),
        path("resume", () -> post(() -> act(live, service::resume))),
        path("seal", () -> post(() -> act(live, service::seal))),
        path("cancel", () -> post(() -> act(live, service::cancel))),
        path("rollback", () -> post(() -> rollBack(live))),
        path("events", () -> get(() -> events(live))),
        path("logs", () -> get(() -> logs.of(live))),
        networks.of(live),
        path(
            PathMatchers.segment("producers").slash(PathMatchers.segment()),
            producer -> get(() -> position(live, producer))),
        path(
            PathMatchers.segment("versions")
                .slash(PathMatchers.segment())
                .slash(PathMatchers.segment()),
            (version, file) -> get(() -> published(live, version, file))));
  }

  private String noSuchJob(String id) {
    List<String> ids =
        service.liveJobs().jobs().stream().map(live -> live.job().spec().id()).toList();
    String newest = String.join(", ", ids.subList(Math.max(0, ids.size() - NAMED), ids.size()));
    return "no such job: %s; %s"
        .formatted(
            Parameters.shortened(id),
            ids.isEmpty()
                ? "there are none"
                : (ids.size() > NAMED ? "the newest are " : "there are ") + newest);
  }

  private Route act(LiveJob live, Function<String, CompletionStage<Done>> request) {
    return answer(
        request.apply(live.job().spec().id()).thenApply(done -> Answers.ok(JobView.of(live))));
  }

  private Route rollBack(LiveJob live) {
    return parameterOptional(
        StringUnmarshallers.INTEGER,
        "version",
        version -> act(live, id -> service.rollBack(id, version.orElse(0))));
  }

  private Route done(CompletionStage<Done> request, Object answer) {
    return answer(request.thenApply(done -> Answers.ok(answer)));
  }

  private Route answer(CompletionStage<HttpResponse> answer) {
    return completeWithFuture(answer.exceptionally(Answers::failure));
  }

  /** Streams the job, then its changes, until it ends or is deleted. */
  private Route events(LiveJob live) {
    return stream(
        "job",
        () -> {
          JobView view = JobView.of(live);
          return service.liveJobs().hold(live)
              ? Optional.of(new ChangeEvents.Look(Answers.tree(view), isOver(view)))
              : Optional.empty();
        });
  }

  private Route stream(String first, Supplier<Optional<ChangeEvents.Look>> look) {
    return withoutRequestTimeout(
        () -> completeOK(ChangeEvents.of(first, look), EventStreamMarshalling.toEventStream()));
  }

  private static boolean isOver(JobView view) {
    return List.of("completed", "cancelled", "failed").contains(view.status());
  }

  private Route position(LiveJob live, String producer) {
    Intake intake = live.intake();
    if (intake == null) {
      return complete(
          live.job().phase().isFinal()
              ? Answers.error(StatusCodes.CONFLICT, "the job has ended; it takes no more samples")
              : Answers.opening());
    }
    return complete(Answers.ok(Map.of("position", intake.position(producer).orElse(0))));
  }

  private Route published(LiveJob live, String version, String file) {
    Published what = FILES.get(file);
    if (what == null || !version.matches("latest|[1-9][0-9]{0,8}")) {
      return complete(
          Answers.error(
              StatusCodes.NOT_FOUND,
              "expected versions/latest or versions/N, and model, encodings, report or summary"));
    }
    int number = version.equals("latest") ? 0 : Integer.parseInt(version);
    Optional<Path> path = service.published(live, number, what.file());
    if (path.isEmpty()) {
      return complete(
          Answers.error(StatusCodes.NOT_FOUND, JobView.noSuchVersion(live.job(), version)));
    }
    return respondWithHeaders(INERT, () -> getFromFile(path.get().toFile(), what.type()));
  }
}
