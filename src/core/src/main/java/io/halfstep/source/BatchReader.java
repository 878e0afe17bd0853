package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a dataset: batches, each read on demand. A batch ends where the next sample has
 * another shape. Not thread-safe except {@link #rejections()}.
 */
public final class BatchReader implements Closeable {
  private final Dataset dataset;
  private final SampleReader samples;
  private final Rejections rejections;
  private final SampleOrder order;
  private final BatchCutter cutter;
  private final long limit;
  private final Queue<Sample> ordered = new ArrayDeque<>();

  private long read;

  BatchReader(
      Dataset dataset,
      SampleReader samples,
      Rejections rejections,
      SampleOrder order,
      int batch,
      long limit) {
    this.dataset = dataset;
    this.samples = samples;
    this.rejections = rejections;
    this.order = order;
    this.limit = limit;
    this.cutter =
        new BatchCutter(
            batch, dataset.fixedBatch() > 0, dataset.collation(), 0, group -> reject(group, batch));
  }

  private void reject(List<Sample> group, int batch) {
    for (Sample sample : group) {
      rejections.add(
          sample.position(),
          "incomplete batch",
          group.size() + " left over, the model takes exactly " + batch + " at a time");
    }
  }

  /**
   * Returns the next batch; null after the last one.
   *
   * @throws InvalidInputException if a file can't be read or is damaged, or if the pass ends
   *     without any batch
   */
  public @Nullable SampleBatch next() {
    while (true) {
      Sample sample = ordered();
      BatchCutter.Group group = sample == null ? cutter.end() : cutter.add(sample);
      if (group != null) {
        return group.batch(dataset.collation());
      }
      if (sample == null) {
        if (cutter.groups() == 0) {
          throw new InvalidInputException(
              dataset + ": no usable sample" + (rejections.total() > 0 ? "; " + rejections : ""));
        }
        dataset.completed(rejections);
        return null;
      }
    }
  }

  private @Nullable Sample ordered() {
    while (ordered.isEmpty()) {
      Sample sample = read();
      if (sample == null) {
        ordered.addAll(order.end());
        break;
      }
      ordered.addAll(order.add(sample));
    }
    return ordered.poll();
  }

  private @Nullable Sample read() {
    if (read == limit) {
      return null;
    }
    Sample sample = samples.next();
    read += sample == null ? 0 : 1;
    return sample;
  }

  /** Returns the samples rejected in this pass so far. */
  public Rejections rejections() {
    return rejections;
  }

  @Override
  public void close() {
    samples.close();
  }
}
