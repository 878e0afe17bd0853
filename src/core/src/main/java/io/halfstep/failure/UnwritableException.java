package io.halfstep.failure;

import java.io.IOException;

/**
 * A file can't be written. To who has chosen the file that is a mistake of theirs; where a service
 * has, its disk is at fault.
 */
public final class UnwritableException extends InvalidInputException {
  public UnwritableException(String message, IOException cause) {
    super(message, cause);
  }
}
