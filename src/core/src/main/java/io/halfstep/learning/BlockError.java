package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The error of a block's outputs in proportion to their signal, on some samples. */
final class BlockError {
  private static final int PART = 16;

  private final List<String> outputs;
  private final Map<String, Double> signals = new HashMap<>();
  private final List<BlockBatch> parts = new ArrayList<>();

  BlockError(BlockModels models, OutputWeights weights, List<SampleGroup> groups) {
    outputs = models.outputs();
    for (String output : outputs) {
      signals.put(
          output, groups.stream().mapToDouble(group -> group.energy(output, weights)).sum());
    }
    for (SampleGroup group : groups) {
      for (int from = 0; from < group.count(); from += PART) {
        int[] chosen = IntStream.range(from, Math.min(group.count(), from + PART)).toArray();
        parts.add(new BlockBatch(models, weights, group, chosen));
      }
    }
  }

  /** Returns Σ (m·y)² of an output, with the weights m of its elements. */
  double signal(String output) {
    return requireNonNull(signals.get(output));
  }

  /**
   * Returns the mean over the outputs of noise in proportion to signal.
   *
   * @param parameters of the student, by input
   */
  double of(BlockStudent student, Map<String, Tensor> parameters) {
    return parts.parallelStream()
        .map(part -> of(part, student.run(part.inputs(), parameters)))
        .toList() // added in order, unlike sum()
        .stream()
        .reduce(0.0, Double::sum);
  }

  private double of(BlockBatch part, Map<String, Tensor> student) {
    double error = 0;
    for (String output : outputs) {
      double signal = signal(output);
      error += signal > 0 ? part.noise(output, student) / signal / outputs.size() : 0;
    }
    return error;
  }
}
