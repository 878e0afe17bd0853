package io.halfstep.failure;

import java.io.IOException;

/**
 * A file can't be written. That is the user's error if the user chose the file; in the service, it
 * is the disk's.
 */
public final class UnwritableException extends InvalidInputException {
  public UnwritableException(String message, IOException cause) {
    super(message, cause);
  }
}
