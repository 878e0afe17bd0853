package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.intake.OverloadedException;
import io.halfstep.intake.StorageFullException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why samples are refused. */
public enum Refusal {
  /** They do not fit the model, or are no request at all. */
  INVALID,
  /** They come faster than they can be written. */
  OVERLOADED,
  /** There is no room on the disk. */
  STORAGE_FULL,
  /** The job is over. */
  ENDED,
  /** The job is not open yet, or the service stops. */
  UNAVAILABLE,
  /** The disk, or the service, failed. */
  FAILED;

  /** In metrics and answers. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Refusal of(@Nullable Throwable failure) {
    if (failure instanceof OverloadedException) {
      return OVERLOADED;
    }
    if (failure instanceof StorageFullException) {
      return STORAGE_FULL;
    }
    return failure instanceof InvalidInputException ? INVALID : FAILED;
  }
}
