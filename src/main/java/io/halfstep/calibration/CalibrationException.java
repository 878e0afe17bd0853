package io.halfstep.calibration;

/** A run that could not be finished; the message names the stage, the batch and the cause. */
public final class CalibrationException extends RuntimeException {
  public CalibrationException(String message) {
    super(message);
  }
}
