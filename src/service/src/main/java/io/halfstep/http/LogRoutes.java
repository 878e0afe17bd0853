package io.halfstep.http;

import akka.NotUsed;
import akka.http.javadsl.marshalling.sse.EventStreamMarshalling;
import akka.http.javadsl.model.sse.ServerSentEvent;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.Route;
import akka.stream.javadsl.Source;
import io.halfstep.service.LiveJob;
import io.halfstep.service.Service;
import io.halfstep.service.logging.LogLine;
import io.halfstep.service.logging.RecentLines;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** {@code /jobs/ID/logs}: the newest lines of a job's log, and those that follow. */
final class LogRoutes extends AllDirectives {
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);
  private static final int USUAL = 100;

  private final Service service;

  LogRoutes(Service service) {
    this.service = service;
  }

  Route of(LiveJob live) {
    return parameterMap(
        parameters -> {
          int lines = Parameters.wholeNumber(parameters, "lines", USUAL, RecentLines.KEPT);
          return Parameters.flag(parameters, "follow")
              ? follow(live, lines)
              : complete(Answers.ok(Map.of("lines", live.log().last(lines))));
        });
  }

  /** Streams lines until the job has ended or is deleted. */
  private Route follow(LiveJob live, int lines) {
    Source<ServerSentEvent, NotUsed> events =
        Source.tick(Duration.ZERO, LOOK_EVERY, live)
            .mapMaterializedValue(cancellable -> NotUsed.getInstance())
            .statefulMapConcat(() -> new Follower(lines)::look)
            .takeWhile(look -> !look.last(), true)
            .mapConcat(Look::lines)
            .map(LogRoutes::event)
            .keepAlive(Duration.ofSeconds(10), ServerSentEvent::heartbeat);
    return withoutRequestTimeout(() -> completeOK(events, EventStreamMarshalling.toEventStream()));
  }

  private static ServerSentEvent event(LogLine line) {
    return ServerSentEvent.create(Answers.tree(line).toString(), "line");
  }

  private record Look(List<LogLine> lines, boolean last) {}

  /** What one client has received. */
  private final class Follower {
    private final int most;
    private long told = -1;
    private boolean over;

    Follower(int most) {
      this.most = most;
    }

    List<Look> look(LiveJob live) {
      boolean last = over; // its last lines may be logged after it has ended
      over = live.job().phase().isFinal() || !service.liveJobs().hold(live);
      List<LogLine> lines = told < 0 ? live.log().last(most) : live.log().after(told);
      told = lines.isEmpty() ? Math.max(0, told) : lines.get(lines.size() - 1).number();
      return List.of(new Look(lines, last));
    }
  }
}
