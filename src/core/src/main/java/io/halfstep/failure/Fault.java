package io.halfstep.failure;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The cause of a failure. */
public enum Fault {
  /** The user's input. */
  INPUT,
  /** The disk: it is full, or it fails. */
  DISK,
  /** Memory: there is too little. */
  MEMORY,
  /** The program itself. */
  PROGRAM;

  /** Classifies a failure by itself and its causes, the outermost first. */
  public static Fault of(Throwable failure) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException || cause instanceof UnwritableException) {
        return DISK;
      }
      if (cause instanceof InvalidInputException) {
        return INPUT;
      }
      if (cause instanceof OutOfMemoryError || isNativeShortage(cause)) {
        return MEMORY;
      }
    }
    return PROGRAM;
  }

  /** ONNX Runtime reports it only in its message. */
  private static boolean isNativeShortage(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return message.contains("Failed to allocate memory") || message.contains("bad_alloc");
  }

  /** Returns whether a retry may succeed once the machine has more resources. */
  public boolean mayPass() {
    return this == DISK || this == MEMORY;
  }
}
