package io.halfstep.calibration;

import io.halfstep.failure.Fault;

/** A run failed; the message names the stage, the batch and the cause. */
public final class CalibrationException extends RuntimeException {
  private final Fault fault;

  public CalibrationException(String message, Fault fault) {
    super(message);
    this.fault = fault;
  }

  /** Returns the kind of its cause. */
  public Fault fault() {
    return fault;
  }
}
