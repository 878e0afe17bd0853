package io.halfstep.intake;

/** Samples came faster than they can be stored. None of them was stored; they may be sent again. */
public final class OverloadedException extends RuntimeException {
  public OverloadedException(String message) {
    super(message);
  }
}
