package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.intake.OverloadedException;
import io.halfstep.intake.StorageFullException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why samples are refused. */
public enum Refusal {
  /** They do not fit the model, or the request is malformed. */
  INVALID,
  /** They arrive faster than they can be written. */
  OVERLOADED,
  /** Their sender's token has sent more than its limit. */
  RATE_LIMITED,
  /** The disk is full. */
  STORAGE_FULL,
  /** The job has ended. */
  ENDED,
  /** The job is not open yet, or the service is stopping. */
  UNAVAILABLE,
  /** The disk, or the service, failed. */
  FAILED;

  /** Returns the name in metrics and responses. */
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
