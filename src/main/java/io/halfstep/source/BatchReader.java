package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a dataset: batches in the order of the data, each read when it is asked for. A
 * batch ends where the next sample has another shape. Not thread-safe, but for {@link
 * #rejections()}.
 */
public final class BatchReader implements Closeable {
  private final Dataset dataset;
  private final SampleReader samples;
  private final Rejections rejections;
  private final int batch;
  private final long limit;

  private @Nullable Sample carried;
  private long read;
  private long batches;
  private long emitted;

  BatchReader(Dataset dataset, SampleReader samples, Rejections rejections, int batch, long limit) {
    this.dataset = dataset;
    this.samples = samples;
    this.rejections = rejections;
    this.batch = batch;
    this.limit = limit;
  }

  /**
   * The next batch; null behind the last one.
   *
   * @throws InvalidInputException if a file can't be read or is damaged, or if the pass ends
   *     without any batch
   */
  public @Nullable SampleBatch next() {
    while (true) {
      List<Sample> group = group();
      if (group.isEmpty()) {
        if (batches == 0) {
          throw new InvalidInputException(
              dataset + ": no usable sample" + (rejections.total() > 0 ? "; " + rejections : ""));
        }
        dataset.completed(rejections);
        return null;
      }
      if (group.size() == batch || dataset.fixedBatch() == 0) {
        return batch(group);
      }
      for (Sample sample : group) {
        rejections.add(
            sample.position(),
            "incomplete batch",
            group.size() + " left over, the model takes exactly " + batch + " at a time");
      }
    }
  }

  private List<Sample> group() {
    List<Sample> group = new ArrayList<>();
    while (group.size() < batch) {
      Sample sample = carried != null ? carried : read();
      carried = null;
      if (sample == null) {
        break;
      }
      if (!group.isEmpty() && !group.get(0).sameShapes(sample)) {
        carried = sample;
        break;
      }
      group.add(sample);
    }
    return group;
  }

  private @Nullable Sample read() {
    if (read == limit) {
      return null;
    }
    Sample sample = samples.next();
    read += sample == null ? 0 : 1;
    return sample;
  }

  private SampleBatch batch(List<Sample> group) {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (String input : group.get(0).inputs().keySet()) {
      inputs.put(
          input,
          Tensor.concatenate(group.stream().map(sample -> sample.inputs().get(input)).toList()));
    }
    SampleBatch made = new SampleBatch(batches, emitted, group.size(), inputs);
    batches++;
    emitted += group.size();
    return made;
  }

  /** What this pass has rejected so far. */
  public Rejections rejections() {
    return rejections;
  }

  @Override
  public void close() {
    samples.close();
  }
}
