package io.halfstep.export;

import io.halfstep.network.ReferenceBatch;
import io.halfstep.statistics.Decibels;
import io.halfstep.text.Figures;

/**
 * An output of the exported model as ONNX Runtime computes it on this processor, with all its
 * optimizations, on the run's {@link ReferenceBatch}es. Powers are sums over all finite elements.
 *
 * @param name the output's name
 * @param signal Σ y² of the teacher
 * @param studentNoise Σ (ŷ − y)² of the student that the actors computed
 * @param runtimeNoise Σ (ỹ − y)² of the exported model
 * @param difference Σ (ỹ − ŷ)²
 * @param lost how many elements are NaN or infinite in the exported model only, or are missing
 */
public record RuntimeOutput(
    String name,
    double signal,
    double studentNoise,
    double runtimeNoise,
    double difference,
    long lost) {
  /** −40 dB of the signal: a smaller difference is not an error of the export. */
  private static final double TOLERATED = 1e-4;

  /** −60 dB of the signal: a smaller difference is not reported. */
  private static final double NEGLIGIBLE = 1e-6;

  private static final double HALF_A_DECIBEL = Math.pow(10, 0.05);

  /** Returns the student's signal-to-noise ratio, in dB. */
  public double studentDb() {
    return Decibels.of(signal, studentNoise);
  }

  /** Returns the exported model's signal-to-noise ratio, in dB. */
  public double runtimeDb() {
    return Decibels.of(signal, runtimeNoise);
  }

  /** Returns the ratio of the student's signal to the difference between the two, in dB. */
  public double agreementDb() {
    return Decibels.of(signal, difference);
  }

  /** Describes how closely the two agree. */
  public String agreement() {
    return difference == 0
        ? "ONNX Runtime agrees exactly"
        : "ONNX Runtime agrees to " + Figures.number(agreementDb(), 1) + " dB";
  }

  /** Returns whether the exported model is more than half a decibel worse than the student. */
  public boolean isWorse() {
    return lost > 0 || runtimeNoise > HALF_A_DECIBEL * studentNoise + NEGLIGIBLE * signal;
  }

  /**
   * Returns whether the exported model has more than twice the student's noise, and so must not be
   * used.
   */
  public boolean isBroken() {
    return lost > 0 || runtimeNoise > 2 * studentNoise + TOLERATED * signal;
  }

  /** Describes the difference, for a message. */
  String figures() {
    return lost > 0
        ? "output %s: %d elements are missing, NaN or infinite".formatted(name, lost)
        : "output %s: SQNR %s dB where the calibration has %s dB"
            .formatted(name, Figures.number(runtimeDb(), 1), Figures.number(studentDb(), 1));
  }
}
