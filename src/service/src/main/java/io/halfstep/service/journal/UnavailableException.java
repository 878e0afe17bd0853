package io.halfstep.service.journal;

/** Something that the service needs is temporarily unavailable; the request may be retried. */
public final class UnavailableException extends RuntimeException {
  public UnavailableException(String message) {
    super(message);
  }

  public static UnavailableException journal() {
    return new UnavailableException(
        "the journal does not answer; see how the job is when it does, and ask again");
  }
}
