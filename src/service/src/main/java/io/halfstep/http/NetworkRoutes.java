package io.halfstep.http;

import akka.http.javadsl.marshalling.sse.EventStreamMarshalling;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.PathMatchers;
import akka.http.javadsl.server.Route;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.halfstep.graph.StageGraph;
import io.halfstep.http.events.ChangeEvents;
import io.halfstep.service.LayerView;
import io.halfstep.service.LiveJob;
import io.halfstep.service.NetworkView;
import io.halfstep.service.Service;
import io.halfstep.service.StageView;
import java.util.Map;
import java.util.Optional;

/** A job's network: {@code /jobs/ID/graph}, {@code stages} and {@code layers/NAME}. */
final class NetworkRoutes extends AllDirectives {
  private final Service service;

  NetworkRoutes(Service service) {
    this.service = service;
  }

  Route of(LiveJob live) {
    return concat( // get() outside would hide which methods other paths expect
        path("graph", () -> get(() -> complete(graph(live)))),
        path("stages", () -> get(() -> stages(live))),
        path(
            PathMatchers.segment("layers").slash(PathMatchers.segment()),
            name -> get(() -> complete(layer(live, name)))));
  }

  private static HttpResponse graph(LiveJob live) {
    StageGraph graph = live.graph();
    return graph == null ? unknown(live) : Answers.ok(NetworkView.of(graph));
  }

  private static HttpResponse layer(LiveJob live, String name) {
    StageGraph graph = live.graph();
    if (graph == null) {
      return unknown(live);
    }
    return LayerView.of(graph, live.progress(), name)
        .map(Answers::ok)
        .orElseGet(
            () ->
                Answers.error(
                    StatusCodes.NOT_FOUND,
                    "no such layer: %s; /jobs/%s/graph has their names"
                        .formatted(Parameters.shortened(name), live.job().spec().id())));
  }

  private static HttpResponse unknown(LiveJob live) {
    return live.job().phase().isFinal()
        ? Answers.error(
            StatusCodes.NOT_FOUND,
            "the job ended before the service was started; its network is no longer in memory, but"
                + " the report of a version has the figures of its layers")
        : Answers.opening();
  }

  private Route stages(LiveJob live) {
    return parameterMap(
        parameters ->
            Parameters.flag(parameters, "follow")
                ? withoutRequestTimeout(
                    () ->
                        completeOK(
                            ChangeEvents.of("stages", () -> look(live)),
                            EventStreamMarshalling.toEventStream()))
                : complete(Answers.ok(stagesNow(live))));
  }

  private Optional<ChangeEvents.Look> look(LiveJob live) {
    boolean last = live.job().phase().isFinal(); // before the last figures are read
    return service.liveJobs().hold(live)
        ? Optional.of(new ChangeEvents.Look(stagesNow(live), last))
        : Optional.empty();
  }

  private static ObjectNode stagesNow(LiveJob live) {
    return Answers.tree(Map.of("stages", StageView.all(live.progress())));
  }
}
