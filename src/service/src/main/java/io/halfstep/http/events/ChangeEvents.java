package io.halfstep.http.events;

import akka.NotUsed;
import akka.http.javadsl.model.sse.ServerSentEvent;
import akka.stream.javadsl.Source;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events that tell an object once, and then its changes: events {@code change} with a
 * {@link MergePatch} each.
 */
public final class ChangeEvents {
  /** How often the object is looked at. */
  public static final Duration LOOK_EVERY = Duration.ofMillis(250);

  private static final Duration SILENCE = Duration.ofSeconds(10);

  private final String first;
  private @Nullable ObjectNode told;

  private ChangeEvents(String first) {
    this.first = first;
  }

  /**
   * The object at one moment.
   *
   * @param last whether it does not change any more
   */
  public record Look(ObjectNode object, boolean last) {}

  /**
   * Returns the events of an object.
   *
   * @param first the name of the first event
   * @param look the object now; empty if it is gone, which ends the stream
   */
  public static Source<ServerSentEvent, NotUsed> of(String first, Supplier<Optional<Look>> look) {
    return Source.tick(Duration.ZERO, LOOK_EVERY, NotUsed.getInstance())
        .mapMaterializedValue(cancellable -> NotUsed.getInstance())
        .map(tick -> look.get())
        .takeWhile(Optional::isPresent)
        .map(Optional::get)
        .takeWhile(now -> !now.last(), true)
        .statefulMapConcat(() -> new ChangeEvents(first)::since)
        .keepAlive(SILENCE, ServerSentEvent::heartbeat);
  }

  private List<ServerSentEvent> since(Look look) {
    ObjectNode before = told;
    told = look.object();
    if (before == null) {
      return List.of(ServerSentEvent.create(look.object().toString(), first));
    }
    ObjectNode patch = MergePatch.between(before, look.object());
    return patch.isEmpty()
        ? List.of()
        : List.of(ServerSentEvent.create(patch.toString(), "change"));
  }
}
