package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a sequence of samples into numbered groups: one ends when it is full, and where the next
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
   * @param groups how many groups there have been before
   * @param leftOver told of samples that fill no batch where it has to be whole
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
   * @param firstSample how many samples the groups before hold
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

  /** Takes the next sample. Gives the group that this ends, or null. */
  @Nullable Group add(Sample sample) {
    Group ended = null;
    if (!group.isEmpty() && !group.get(0).sameShapes(sample)) {
      ended = end();
    }
    group.add(sample);
    return ended == null && group.size() == batch ? end() : ended;
  }

  /** Ends the group that has begun; null if there is none. */
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

  /** How many groups there have been. */
  long groups() {
    return groups;
  }
}
