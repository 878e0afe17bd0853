package io.halfstep.http;

import akka.http.javadsl.model.HttpRequest;
import io.halfstep.intake.OverloadedException;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of bodies may be read at a time. Beyond that requests are refused before they are
 * read: connections are many, memory is not.
 */
final class BodyBudget {
  private final long budget;
  private final AtomicLong reserved = new AtomicLong();

  BodyBudget(long budget) {
    this.budget = budget;
  }

  /**
   * Reserves room for a body; one of any size always has its turn.
   *
   * @param most what a body of unknown length, or a compressed one, may come to
   * @return what was reserved, or −1 if there is no room
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
        "requests of %d bytes are being read, as much as there is room for; send this again later"
            .formatted(reserved.get()));
  }
}
