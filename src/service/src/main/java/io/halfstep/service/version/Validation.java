package io.halfstep.service.version;

import static java.util.Objects.requireNonNull;

import io.halfstep.source.SampleBatch;
import io.halfstep.statistics.Decibels;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares a new version with the current one before it is published: how close the outputs of each
 * are to the float model's, in ONNX Runtime, on samples that neither has learned from.
 *
 * @param samples how many
 * @param decibels the new version's signal to quantization noise, the mean over the outputs
 * @param currentDecibels the current version's
 */
public record Validation(int samples, double decibels, double currentDecibels) {
  /** Fewer samples tell too little. */
  private static final int LEAST = 16;

  /**
   * Runs the models; takes long.
   *
   * @throws io.halfstep.failure.InvalidInputException if a model can't be loaded
   */
  public static Validation of(
      Path floatModel, Path version, Path current, Iterable<SampleBatch> batches) {
    OnnxProgram.Options options = OnnxProgram.Options.DEFAULT;
    try (OnnxProgram reference = OnnxProgram.load(floatModel, options);
        OnnxProgram ofVersion = OnnxProgram.load(version, options);
        OnnxProgram ofCurrent = OnnxProgram.load(current, options)) {
      Noise noise = new Noise();
      Noise currentNoise = new Noise();
      int samples = 0;
      for (SampleBatch batch : batches) {
        Map<String, Tensor> expected = reference.run(batch.inputs());
        noise.add(expected, ofVersion.run(batch.inputs()));
        currentNoise.add(expected, ofCurrent.run(batch.inputs()));
        samples += batch.samples();
      }
      return new Validation(samples, noise.decibels(), currentNoise.decibels());
    }
  }

  /**
   * Returns whether enough samples show that the new version is worse by more than a margin, in dB.
   */
  public boolean isWorse(double margin) {
    return samples >= LEAST && decibels < currentDecibels - margin;
  }

  /** Returns the figures as text. */
  public String describe(int current) {
    return "on %d samples %.1f dB, version %d %.1f dB"
        .formatted(samples, decibels, current, currentDecibels);
  }

  /** The error of each output that has real values. */
  private static final class Noise {
    private final Map<String, double[]> sums = new TreeMap<>();

    void add(Map<String, Tensor> expected, Map<String, Tensor> found) {
      expected.forEach(
          (output, tensor) -> {
            if (TensorValues.isFloat(tensor.type())) {
              add(
                  sums.computeIfAbsent(output, name -> new double[2]),
                  TensorValues.doubles(tensor),
                  TensorValues.doubles(requireNonNull(found.get(output))));
            }
          });
    }

    private static void add(double[] signalAndNoise, double[] expected, double[] found) {
      for (int i = 0; i < expected.length; i++) {
        if (Double.isFinite(expected[i])) {
          double d = expected[i] - found[i];
          signalAndNoise[0] += expected[i] * expected[i];
          signalAndNoise[1] += d * d;
        }
      }
    }

    double decibels() {
      return sums.values().stream()
          .mapToDouble(sum -> Decibels.of(sum[0], sum[1]))
          .average()
          .orElse(Double.NaN);
    }
  }
}
