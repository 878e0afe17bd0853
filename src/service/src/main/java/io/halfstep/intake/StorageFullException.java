package io.halfstep.intake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The disk is full. The samples may be sent again when it has room. */
public final class StorageFullException extends UncheckedIOException {
  private static final Pattern FULL =
      Pattern.compile("No space left|Disk quota exceeded|not enough space on the disk");

  public StorageFullException(String message) {
    this(message, new IOException(message));
  }

  StorageFullException(String message, Throwable cause) {
    super(message, cause instanceof IOException io ? io : new IOException(cause));
  }

  /** Returns whether a failure is due to a full disk. */
  public static boolean isBehind(Throwable failure) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StorageFullException
          || FULL.matcher(String.valueOf(cause.getMessage())).find()) {
        return true;
      }
    }
    return false;
  }
}
