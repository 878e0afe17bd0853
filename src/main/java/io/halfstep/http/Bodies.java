package io.halfstep.http;

import akka.NotUsed;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.RequestEntity;
import akka.stream.javadsl.Flow;
import akka.util.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Bodies that must come in time and have an end: those that drip hold a connection for as long as
 * they like.
 */
final class Bodies {
  private static final long GRACE_BYTES = 16 << 20;

  private Bodies() {}

  /**
   * The same body, which fails if it is longer than this, or with a {@link TimeoutException} if
   * nothing comes for this long, or less than 16 MiB in each such time.
   */
  static RequestEntity limited(RequestEntity body, long bytes, Duration patience) {
    return body.isStrict()
        ? body
        : HttpEntities.createChunked(
            body.getContentType(), body.withSizeLimit(bytes).getDataBytes().via(timely(patience)));
  }

  private static Flow<ByteString, ByteString, NotUsed> timely(Duration patience) {
    return Flow.of(ByteString.class)
        .idleTimeout(patience)
        .statefulMapConcat(
            () -> {
              long begun = System.nanoTime();
              long[] bytes = new long[1];
              return chunk -> {
                bytes[0] += chunk.size();
                double allowed = patience.toNanos() * (1 + (double) bytes[0] / GRACE_BYTES);
                if (System.nanoTime() - begun > allowed) {
                  throw new TimeoutException("the body comes too slowly");
                }
                return List.of(chunk);
              };
            });
  }
}
