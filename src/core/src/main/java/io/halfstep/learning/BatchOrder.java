package io.halfstep.learning;

import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Batches of samples of one shape in random order. The next one is of the shape whose samples were
 * in the fewest, so that all samples are in equally many; of a few samples it is smaller.
 */
final class BatchOrder {
  /**
   * A batch.
   *
   * @param parts the numbers of the samples of each part
   */
  record Batch(SampleGroup group, List<int[]> parts) {}

  private static final class Turn {
    private final SampleGroup group;
    private final SampleOrder order;
    private long taken;

    Turn(SampleGroup group, SplittableRandom random) {
      this.group = group;
      this.order = new SampleOrder(group.count(), random);
    }

    double taken() {
      return (double) taken / group.count();
    }

    int[] next(int count) {
      taken += count;
      return order.next(count);
    }
  }

  private final List<Turn> turns;
  private final int parts;
  private final int most;

  /**
   * @param parts of a batch, equally large
   * @param most the largest number of samples in a part
   */
  BatchOrder(List<SampleGroup> groups, int parts, int most, SplittableRandom random) {
    this.turns = groups.stream().map(group -> new Turn(group, random)).toList();
    this.parts = parts;
    this.most = most;
  }

  /** Returns the number of samples in a part of a batch, of the samples of a group. */
  int part(int samples) {
    return Math.max(1, Math.min(most, samples / parts));
  }

  Batch next() {
    Turn turn = turns.stream().min(Comparator.comparingDouble(Turn::taken)).orElseThrow();
    int count = part(turn.group.count());
    return new Batch(turn.group, Stream.generate(() -> turn.next(count)).limit(parts).toList());
  }
}
