package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Samples of one shape, by their numbers from 0, and the tensors that are common to all. */
final class SampleGroup {
  private final Map<String, Tensor> common;
  private final Map<String, List<Tensor>> samples = new TreeMap<>();
  private final List<Tensor> positions = new ArrayList<>();
  private int count;

  SampleGroup(Map<String, Tensor> common) {
    this.common = common;
  }

  /**
   * Adds a sample.
   *
   * @param tensors with a first axis of size 1
   * @param mask null if it has none, as all others
   */
  void add(Map<String, Tensor> tensors, @Nullable Tensor mask) {
    tensors.forEach(
        (name, tensor) -> samples.computeIfAbsent(name, n -> new ArrayList<>()).add(tensor));
    if (mask != null) {
      positions.add(mask);
    }
    count++;
  }

  boolean isMasked() {
    return !positions.isEmpty();
  }

  int count() {
    return count;
  }

  private static List<Tensor> at(List<Tensor> all, int[] chosen) {
    return Arrays.stream(chosen).mapToObj(all::get).toList();
  }

  /** Returns some samples of a tensor as a batch. */
  Tensor batch(String name, int[] chosen) {
    List<Tensor> of = samples.get(name);
    return of == null ? requireNonNull(common.get(name)) : joined(of, chosen);
  }

  /** Returns the mask of some samples; null if they have none. */
  @Nullable Mask mask(int[] chosen) {
    return isMasked() ? new Mask(joined(positions, chosen)) : null;
  }

  private static Tensor joined(List<Tensor> of, int[] chosen) {
    return Tensor.concatenate(at(of, chosen));
  }

  /** Returns Σ (m·y)² over all samples of an output, with weights m. */
  double energy(String output, OutputWeights weights) {
    double sum = 0;
    List<Tensor> of = samples.getOrDefault(output, List.of());
    for (int i = 0; i < of.size(); i++) {
      for (float y : weights.times(output, of.get(i), mask(new int[] {i}))) {
        sum += (double) y * y;
      }
    }
    return sum;
  }
}
