package io.halfstep.failure;

/** What the user gave is right as far as it was looked at, but more than is taken. */
public final class TooLargeException extends InvalidInputException {
  public TooLargeException(String message) {
    super(message);
  }
}
