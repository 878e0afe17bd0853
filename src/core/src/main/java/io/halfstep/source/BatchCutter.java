package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a sequence of samples into numbered groups. A group ends when it is full, or when the next
 * sample has other shapes.
 */
final class BatchCutter {
  private final int batch;
  private final boolean whole;
  private final Consumer<List<Sample>> leftOver;

  private List<Sample> group = new ArrayList<>();
  private long groups;
  private long samples;

  /**
   * @param whole whether the model takes exactly {@code batch} samples at a time
   * @param groups the number of earlier groups
   * @param leftOver receives samples that fill no batch, if {@code whole}
   */
  BatchCutter(int batch, boolean whole, long groups, Consumer<List<Sample>> leftOver) {
    this.batch = batch;
    this.whole = whole;
    this.groups = groups;
    this.samples = groups * batch;
    this.leftOver = leftOver;
  }

  /**
   * Samples that become a batch.
   *
   * @param firstSample the number of samples in earlier groups
   */
  record Group(long id, long firstSample, List<Sample> samples) {

    SampleBatch batch() {
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      for (String input : samples.get(0).inputs().keySet()) {
        inputs.put(
            input,
            Tensor.concatenate(
                samples.stream().map(sample -> sample.inputs().get(input)).toList()));
      }
      return new SampleBatch(id, firstSample, samples.size(), inputs);
    }
  }

  /** Adds the next sample. Returns the group that it completes, or null. */
  @Nullable Group add(Sample sample) {
    Group ended = null;
    if (!group.isEmpty() && !group.get(0).sameShapes(sample)) {
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
    Group made = new Group(groups, samples, ended);
    groups++;
    samples += ended.size();
    return made;
  }

  /** Returns the number of groups so far. */
  long groups() {
    return groups;
  }
}
