package io.halfstep.export;

import org.jspecify.annotations.Nullable;

/** The exported model can't be used; the message has the reason. */
public final class ExportException extends RuntimeException {
  ExportException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
