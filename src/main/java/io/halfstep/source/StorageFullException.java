package io.halfstep.source;

/** There is no room for samples on the disk. They may be sent again when there is. */
public final class StorageFullException extends RuntimeException {
  StorageFullException(String message) {
    super(message);
  }

  StorageFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
