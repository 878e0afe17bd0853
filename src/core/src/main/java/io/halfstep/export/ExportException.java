package io.halfstep.export;

import org.jspecify.annotations.Nullable;

/** A model that was exported but can't be used; the message says why. */
public final class ExportException extends RuntimeException {
  ExportException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
