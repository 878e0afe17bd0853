package io.halfstep.service.journal;

/** Not now: something that the service needs is away. The same may be asked again later. */
public final class UnavailableException extends RuntimeException {
  public UnavailableException(String message) {
    super(message);
  }

  public static UnavailableException journal() {
    return new UnavailableException(
        "the journal does not answer; see how the job is when it does, and ask again");
  }
}
