package io.halfstep.statistics;

import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A uniform random draw, without replacement, of samples from a stream, bounded in bytes.
 *
 * <p>A sample's rank depends on its index and the seed; the samples with the lowest ranks stay, as
 * many as fit. So the draw depends neither on batch boundaries nor on the order of arrival, and the
 * draws of two parts of a stream {@linkplain #merge merge} into the draw of the whole. Not
 * thread-safe.
 */
public final class SampleReservoir {
  /**
   * A stored sample.
   *
   * @param index its number in the stream
   * @param teacher the layer's input in the float network, the first dimension being 1
   * @param student the same in the quantized network; the teacher's tensor itself if they do not
   *     differ
   */
  public record Sample(long index, Tensor teacher, Tensor student) {
    long bytes() {
      return teacher.bytes() + (student == teacher ? 0 : student.bytes());
    }
  }

  // no two samples have the same rank: the map from index to rank is one to one
  private record Ranked(long rank, Sample sample) {}

  private final long capacity;
  private final long seed;
  private final PriorityQueue<Ranked> highestFirst =
      new PriorityQueue<>((a, b) -> Long.compareUnsigned(b.rank, a.rank));
  private long bytes;
  // everything from this rank on was or would have been evicted
  private long bound = -1;

  /**
   * Creates an empty reservoir.
   *
   * @param capacity the largest total size of stored samples, in bytes
   * @param seed determines the draw
   */
  public SampleReservoir(long capacity, long seed) {
    this.capacity = capacity;
    this.seed = seed;
  }

  /**
   * Restores a reservoir.
   *
   * @param bound its {@link #bound()}
   * @param samples its {@link #samples()}
   */
  public static SampleReservoir of(long capacity, long seed, long bound, List<Sample> samples) {
    SampleReservoir reservoir = new SampleReservoir(capacity, seed);
    reservoir.bound = bound;
    samples.forEach(s -> reservoir.keep(new Ranked(reservoir.rank(s.index()), s)));
    return reservoir;
  }

  /** Returns the largest total size of stored samples, in bytes. */
  public long capacity() {
    return capacity;
  }

  /** Returns what determines the draw. */
  public long seed() {
    return seed;
  }

  /**
   * Returns the least rank that was evicted, unsigned: no sample of this rank or above is stored
   * any more.
   */
  public long bound() {
    return bound;
  }

  /**
   * Offers a batch.
   *
   * @param firstIndex the number in the stream of the batch's first sample
   * @param teacher the layer's input in the float network; samples along the first dimension
   * @param student the same in the quantized network, or the teacher's tensor itself
   */
  public void add(long firstIndex, Tensor teacher, Tensor student) {
    for (int i = 0; i < teacher.dim(0); i++) {
      long rank = rank(firstIndex + i);
      if (Long.compareUnsigned(rank, bound) < 0) {
        Tensor x = teacher.rows(i, i + 1);
        keep(
            new Ranked(
                rank,
                new Sample(firstIndex + i, x, student == teacher ? x : student.rows(i, i + 1))));
      }
    }
  }

  /** Offers the samples of another reservoir of the same capacity and seed. */
  public void merge(SampleReservoir other) {
    if (capacity != other.capacity || seed != other.seed) {
      throw new IllegalArgumentException("reservoirs of different capacity or seed");
    }
    if (Long.compareUnsigned(other.bound, bound) < 0) {
      bound = other.bound;
    }
    other.highestFirst.forEach(this::keep);
    evict();
  }

  private void keep(Ranked ranked) {
    highestFirst.add(ranked);
    bytes += ranked.sample.bytes();
    evict();
  }

  private void evict() {
    while (!highestFirst.isEmpty()
        && (bytes > capacity || Long.compareUnsigned(highestFirst.peek().rank, bound) >= 0)) {
      Ranked evicted = highestFirst.remove();
      bytes -= evicted.sample.bytes();
      if (Long.compareUnsigned(evicted.rank, bound) < 0) {
        bound = evicted.rank;
      }
    }
  }

  /** Returns the stored samples in stream order. */
  public List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    highestFirst.forEach(r -> samples.add(r.sample));
    samples.sort((a, b) -> Long.compare(a.index(), b.index()));
    return samples;
  }

  private long rank(long index) {
    // the finalizer of SplitMix64
    long z = seed + index * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
