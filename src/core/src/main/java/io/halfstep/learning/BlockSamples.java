package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The samples that a block learns from, sample by sample: a uniform random draw without replacement
 * from a stream of known length, bounded in bytes. The draw depends on the seed and the samples'
 * places in the stream alone, not on batches.
 */
public final class BlockSamples {
  private final long bytes;
  private final long seed;
  private final long expected;
  private final Map<String, List<Tensor>> samples = new TreeMap<>();
  private final Map<String, Tensor> common = new TreeMap<>();
  private final BitSet drawn = new BitSet();
  private int seen;

  /**
   * @param bytes the largest total size of stored samples; one is always stored
   * @param expected the number of samples of the stream
   */
  public BlockSamples(long bytes, long seed, long expected) {
    this.bytes = bytes;
    this.seed = seed;
    this.expected = expected;
  }

  /**
   * Offers a batch.
   *
   * @param count its number of samples
   * @param tensors by name, samples along the first axis; one of another length holds for all
   *     samples
   * @throws InvalidInputException if a tensor's shape differs from that of the batches before
   */
  public void add(int count, Map<String, Tensor> tensors) {
    if (seen == 0) {
      draw(tensors, count);
    }
    tensors.forEach((name, tensor) -> add(name, tensor, count));
    seen += count;
  }

  private void draw(Map<String, Tensor> tensors, int count) {
    long size = 0;
    for (Tensor tensor : tensors.values()) {
      size += isOf(tensor, count) ? tensor.bytes() / count : 0;
    }
    int stream = Math.toIntExact(expected);
    long kept = Math.max(1, Math.min(stream, bytes / Math.max(1, size)));
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < stream; i++) { // each with the share of those that are still needed
      if (random.nextInt(stream - i) < kept - drawn.cardinality()) {
        drawn.set(i);
      }
    }
  }

  private static boolean isOf(Tensor tensor, int count) {
    return tensor.rank() > 0 && tensor.dim(0) == count;
  }

  private void add(String name, Tensor tensor, int count) {
    if (common.containsKey(name) || !isOf(tensor, count)) {
      common.put(name, tensor);
      return;
    }
    List<Tensor> of = samples.computeIfAbsent(name, n -> new ArrayList<>());
    for (int i = 0; i < count; i++) {
      if (drawn.get(seen + i)) {
        Tensor sample = tensor.rows(i, i + 1);
        if (!of.isEmpty() && !Arrays.equals(of.get(0).shape(), sample.shape())) {
          throw new InvalidInputException(
              "'%s' has samples of shapes %s and %s: a block learns from samples of one shape"
                  .formatted(
                      name, Arrays.toString(of.get(0).shape()), Arrays.toString(sample.shape())));
        }
        of.add(sample);
      }
    }
  }

  /** Returns how many samples are stored. */
  public int count() {
    return samples.values().stream().mapToInt(List::size).max().orElse(0);
  }

  /** Returns some samples of a tensor as a batch. */
  Tensor batch(String name, int[] chosen) {
    List<Tensor> of = samples.get(name);
    return of == null
        ? requireNonNull(common.get(name))
        : Tensor.concatenate(Arrays.stream(chosen).mapToObj(of::get).toList());
  }

  /** Returns Σ y² over all samples of a tensor. */
  double energy(String name) {
    double sum = 0;
    for (Tensor sample : samples.getOrDefault(name, List.of())) {
      for (float y : sample.floats()) {
        sum += (double) y * y;
      }
    }
    return sum;
  }
}
