package io.halfstep.failure;

/**
 * An error in the user's input: a file, an option, a tensor. The message is one line that names the
 * place, what was found, and what was expected or what to do. It is shown unchanged and without a
 * stack trace.
 */
public class InvalidInputException extends RuntimeException {
  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
