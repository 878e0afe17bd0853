package io.halfstep.http.body;

import akka.Done;
import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.RequestEntity;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.japi.Pair;
import akka.stream.ActorAttributes;
import akka.stream.Attributes;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Sink;
import akka.util.ByteString;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import scala.Option;

/**
 * Limits the length and the duration of request bodies. A body that is too long is still read for a
 * while and dropped: most clients read an answer only after they have sent everything, and fail if
 * the connection is closed earlier.
 */
public final class Bodies {
  /** For streams that invalid bodies fail: who sent one is told, and the log says nothing. */
  public static final Attributes SILENT =
      ActorAttributes.createLogLevels(
          Attributes.logLevelOff(), Attributes.logLevelOff(), Attributes.logLevelOff());

  private static final long GRACE_BYTES = 16 << 20;
  private static final long DROPPED_BYTES = 64 << 20;

  private Bodies() {}

  /**
   * Returns the same body, which fails with {@link EntityStreamSizeException} if it is longer than
   * {@code bytes}, and with {@link TimeoutException} if nothing arrives for {@code patience}, or
   * less than 16 MiB in each such period.
   */
  public static RequestEntity limited(RequestEntity body, long bytes, Duration patience) {
    return body.isStrict() ? body : limitedStream(body, bytes, patience);
  }

  /**
   * As {@link #limited}, and a stream also if the body has arrived as a whole: Akka's parser of
   * whole forms logs their mistakes as errors of the service.
   */
  public static RequestEntity limitedStream(RequestEntity body, long bytes, Duration patience) {
    return HttpEntities.createChunked(
        body.getContentType(),
        body.withSizeLimit(bytes + DROPPED_BYTES).getDataBytes().via(limited(bytes, patience)));
  }

  /**
   * Reads a body that is limited in the same way. One that has come with its header is there
   * already.
   */
  public static CompletionStage<ByteString> read(
      RequestEntity body, int bytes, Duration patience, ActorSystem<?> system) {
    return body instanceof HttpEntity.Strict strict
        ? CompletableFuture.completedStage(strict.getData())
        : limited(body, bytes, patience)
            .toStrict(Integer.MAX_VALUE, bytes, system) // has its own time limit
            .thenApply(HttpEntity.Strict::getData);
  }

  /** Reads and drops a body, if it is not much longer than the limit. */
  public static CompletionStage<Done> passOver(
      HttpRequest request, long bytes, Duration patience, ActorSystem<?> system) {
    boolean asksFirst = request.getHeader("Expect").isPresent();
    return asksFirst || request.entity().isStrict()
        ? CompletableFuture.completedStage(Done.getInstance())
        : limited(request.entity(), bytes, patience)
            .getDataBytes()
            .runWith(Sink.ignore(), system)
            .exceptionally(tooMuch -> Done.getInstance());
  }

  private static Flow<ByteString, ByteString, NotUsed> limited(long bytes, Duration patience) {
    return Flow.of(ByteString.class)
        .idleTimeout(patience)
        .statefulMap(
            () -> new Meter(bytes, patience),
            (meter, chunk) -> Pair.create(meter, meter.pass(chunk)),
            Meter::end)
        .withAttributes(SILENT);
  }

  private static final class Meter {
    private final long most;
    private final Duration patience;
    private final long begun = System.nanoTime();
    private long bytes;

    Meter(long most, Duration patience) {
      this.most = most;
      this.patience = patience;
    }

    ByteString pass(ByteString chunk) throws TimeoutException {
      bytes += chunk.size();
      double allowed = patience.toNanos() * (1 + (double) bytes / GRACE_BYTES);
      if (System.nanoTime() - begun > allowed) {
        throw new TimeoutException("the body arrives too slowly");
      }
      return bytes > most ? ByteString.emptyByteString() : chunk;
    }

    Optional<ByteString> end() {
      if (bytes > most) {
        throw new EntityStreamSizeException(most, Option.empty());
      }
      return Optional.empty();
    }
  }
}
