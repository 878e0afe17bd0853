package io.halfstep.calibration;

import io.halfstep.failure.Fault;

/** A run that could not be finished; the message names the stage, the batch and the cause. */
public final class CalibrationException extends RuntimeException {
  private final Fault fault;

  public CalibrationException(String message, Fault fault) {
    super(message);
    this.fault = fault;
  }

  /** What it is due to. */
  public Fault fault() {
    return fault;
  }
}
