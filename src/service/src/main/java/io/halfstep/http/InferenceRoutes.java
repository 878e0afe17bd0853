package io.halfstep.http;

import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Directives;
import akka.http.javadsl.server.PathMatchers;
import akka.http.javadsl.server.Route;
import io.halfstep.http.body.Bodies;
import io.halfstep.service.LiveJob;
import io.halfstep.service.OpenJob;
import io.halfstep.service.Service;
import io.halfstep.source.InputPort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code /v2}: the Open Inference Protocol, so that inference servers can mirror their traffic to
 * the service unchanged. {@link OfferedSamples} answers the requests for inference.
 */
final class InferenceRoutes extends AllDirectives {
  private final Service service;

  InferenceRoutes(Service service) {
    this.service = service;
  }

  Route all() {
    return pathPrefix(
        "v2",
        () ->
            concat(
                pathEndOrSingleSlash(() -> get(() -> complete(Answers.ok(server())))),
                pathPrefix(
                    PathMatchers.segment("models").slash(PathMatchers.segment()), this::model)));
  }

  private static Map<String, Object> server() {
    return Map.of(
        "name",
        "halfstep",
        "version",
        Service.version(),
        "extensions",
        List.of("binary_tensor_data"));
  }

  private Route model(String name) {
    Optional<LiveJob> live = service.liveJobs().forModel(name);
    if (live.isEmpty()) {
      return extractRequest(
          request ->
              completeWithFuture(
                  Bodies.passOver(
                          request,
                          service.settings().requestBytes(),
                          service.settings().bodyTimeout(),
                          service.system())
                      .thenApply(passed -> Answers.unknownModel(name))));
    }
    return concat(
        ofModel(name, live.get()),
        pathPrefix(
            PathMatchers.segment("versions").slash(PathMatchers.segment()),
            version -> ofModel(name, live.get())));
  }

  private Route ofModel(String name, LiveJob live) {
    return concat(
        pathEndOrSingleSlash(() -> get(() -> complete(metadata(name, live)))),
        path("ready", () -> get(() -> complete(ready(name, live)))),
        path("infer", () -> post(Directives::reject))); // of other methods; see OfferedSamples
  }

  private static HttpResponse metadata(String name, LiveJob live) {
    OpenJob open = live.open();
    if (open == null && !live.job().phase().isFinal()) {
      return Answers.opening();
    }
    List<Map<String, Object>> inputs = new ArrayList<>();
    for (InputPort port : open == null ? List.<InputPort>of() : open.ports()) {
      inputs.add(
          Map.of(
              "name", port.name(),
              "datatype", Datatype.of(port.type()).name(),
              "shape", Arrays.stream(port.shape()).boxed().toList()));
    }
    return Answers.ok(
        Map.of(
            "name",
            name,
            "versions",
            live.job().versions().stream().map(v -> Integer.toString(v.version())).toList(),
            "platform",
            "halfstep",
            "inputs",
            inputs,
            "outputs",
            List.of(),
            "parameters",
            Map.of("job", live.job().spec().id())));
  }

  private static HttpResponse ready(String name, LiveJob live) {
    boolean ready = live.takesSamples();
    return Answers.json(
        ready ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE,
        Map.of("name", name, "ready", ready));
  }
}
