package io.halfstep.failure;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a failure is due to. */
public enum Fault {
  /** What the user gave. */
  INPUT,
  /** The disk: it is full, or it fails. */
  DISK,
  /** There is too little memory. */
  MEMORY,
  /** The program itself. */
  PROGRAM;

  /** Tells from the failure and its causes, the outermost first. */
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

  /** ONNX Runtime says so in its message only. */
  private static boolean isNativeShortage(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return message.contains("Failed to allocate memory") || message.contains("bad_alloc");
  }

  /** Whether the same may succeed another time, with nothing but the machine changed. */
  public boolean mayPass() {
    return this == DISK || this == MEMORY;
  }
}
