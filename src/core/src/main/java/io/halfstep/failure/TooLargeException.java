package io.halfstep.failure;

/** The user's input is valid as far as it was read, but exceeds a size limit. */
public final class TooLargeException extends InvalidInputException {
  public TooLargeException(String message) {
    super(message);
  }
}
