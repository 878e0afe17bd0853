package io.halfstep.cli;

import io.halfstep.failure.InvalidInputException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Describes failures for users, without stack traces. */
final class Failures {
  private Failures() {}

  /** Returns the cause inside the wrappers of futures, Akka and unchecked exceptions. */
  static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null
        && (root instanceof CompletionException
            || root instanceof ExecutionException
            || root instanceof UncheckedIOException
            || root.getClass().getName().startsWith("akka."))) {
      root = root.getCause();
    }
    return root;
  }

  /** Describes a failure in one sentence. */
  static String describe(Throwable cause) {
    String message = cause.getMessage() == null ? "" : cause.getMessage();
    if (cause instanceof InvalidInputException) {
      return message;
    }
    if (cause instanceof OutOfMemoryError) {
      return "out of memory ("
          + message
          + "); increase the heap with HALFSTEP_OPTS=-Xmx…, or use a smaller --batch or --samples";
    }
    if (cause instanceof NoSuchFileException missing) {
      return missing.getFile() + ": no such file or folder";
    }
    if (cause instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    if (cause instanceof FileSystemException file && file.getReason() != null) {
      return file.getFile() + ": " + file.getReason();
    }
    return message.isEmpty() ? cause.getClass().getSimpleName() : message;
  }
}
