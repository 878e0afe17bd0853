package io.halfstep.http;

import akka.http.javadsl.model.HttpRequest;
import io.halfstep.intake.OverloadedException;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits how many bytes of request bodies are read at the same time. Further requests are refused
 * before they are read, since connections are many and memory is not.
 */
final class BodyBudget {
  private final long budget;
  private final AtomicLong reserved = new AtomicLong();

  BodyBudget(long budget) {
    this.budget = budget;
  }

  /**
   * Reserves memory for a body. A single body of any size is always admitted.
   *
   * @param most the size limit, which is assumed for a body that is compressed or of unknown length
   * @return the bytes reserved, or −1 if there is no room
   */
  long reserve(HttpRequest request, long most) {
    OptionalLong length = request.entity().getContentLengthOption();
    boolean plain = request.getHeader("Content-Encoding").isEmpty();
    long bytes = plain && length.isPresent() ? Math.min(length.getAsLong(), most) : most;
    bytes = Math.min(bytes, budget / 4);
    long before = reserved.getAndAdd(bytes);
    if (before > 0 && before + bytes > budget) {
      reserved.addAndGet(-bytes);
      return -1;
    }
    return bytes;
  }

  void release(long bytes) {
    reserved.addAndGet(-bytes);
  }

  OverloadedException overloaded() {
    return new OverloadedException(
        "requests of %d bytes are being read and memory has no room for more; send this again later"
            .formatted(reserved.get()));
  }
}
