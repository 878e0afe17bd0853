package io.halfstep.service;

/** Not now: something that the service needs is away. The same may be asked again later. */
public final class UnavailableException extends RuntimeException {
  UnavailableException(String message) {
    super(message);
  }

  static UnavailableException journal() {
    return new UnavailableException(
        "the journal does not answer; see how the job is when it does, and ask again");
  }
}
