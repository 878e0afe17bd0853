package io.halfstep.failure;

/**
 * A mistake in what the user gave: a file, an option, a tensor. The message is one line that names
 * where it is, what was found, and what was expected or what to do; it is shown as it stands,
 * without a stack trace.
 */
public class InvalidInputException extends RuntimeException {
  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
