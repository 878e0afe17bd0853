package io.halfstep.source;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a sequence of samples into numbered groups. A group ends when it is full, or when the next
 * sample does not join it.
 */
final class BatchCutter {
  private final int batch;
  private final boolean whole;
  private final Collation collation;
  private final Consumer<List<Sample>> leftOver;

  private List<Sample> group = new ArrayList<>();
  private long groups;

  /**
   * @param whole whether the model takes exactly {@code batch} samples at a time
   * @param collation makes a batch of a group
   * @param groups the number of earlier groups
   * @param leftOver receives samples that fill no batch, if {@code whole}
   */
  BatchCutter(
      int batch, boolean whole, Collation collation, long groups, Consumer<List<Sample>> leftOver) {
    this.batch = batch;
    this.whole = whole;
    this.collation = collation;
    this.groups = groups;
    this.leftOver = leftOver;
  }

  /** Samples that become a batch. */
  record Group(long id, List<Sample> samples) {

    SampleBatch batch(Collation collation) {
      return new SampleBatch(
          id, samples.stream().mapToLong(Sample::number).toArray(), collation.collate(samples));
    }
  }

  /** Adds the next sample. Returns the group that it completes, or null. */
  @Nullable Group add(Sample sample) {
    Group ended = null;
    if (!group.isEmpty() && !collation.joins(group.get(0), sample)) {
      ended = end();
    }
    group.add(sample);
    return ended == null && group.size() == batch ? end() : ended;
  }

  /** Ends the current group; null if it is empty. */
  @Nullable Group end() {
    List<Sample> ended = group;
    group = new ArrayList<>();
    if (ended.isEmpty()) {
      return null;
    }
    if (whole && ended.size() < batch) {
      leftOver.accept(ended);
      return null;
    }
    return new Group(groups++, ended);
  }

  /** Returns the number of groups so far. */
  long groups() {
    return groups;
  }
}
