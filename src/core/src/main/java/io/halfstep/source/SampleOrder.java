package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reorders samples so that those of one shape, or of similar length, follow one another and share a
 * batch. It depends on the samples only, not on the batch size. Samples of one shape stay as they
 * are, and none has to wait.
 */
final class SampleOrder {
  /** The largest number of samples that wait to be ordered. */
  static final int WINDOW = 256;

  private static final long MOST_ELEMENTS = 1 << 24;

  private final Comparator<Sample> byShape;
  private final int window;

  private List<Sample> waiting = new ArrayList<>();
  private long elements;
  private @Nullable Sample last;
  private boolean descending;

  /**
   * @param collation makes batches of the samples
   * @param window the largest number of samples that wait; 1 keeps the order
   */
  SampleOrder(Collation collation, int window) {
    this.byShape = collation.byShape();
    this.window = window;
  }

  /** Adds the next sample. Returns those that follow now, in their new order. */
  List<Sample> add(Sample sample) {
    if (waiting.isEmpty() && (last == null || byShape.compare(last, sample) == 0)) {
      last = sample;
      return List.of(sample);
    }
    waiting.add(sample);
    elements += sample.inputs().values().stream().mapToLong(Tensor::size).sum();
    return waiting.size() == window || elements >= MOST_ELEMENTS ? end() : List.of();
  }

  /** Returns the samples that wait, in their new order. */
  List<Sample> end() {
    List<Sample> ordered = waiting;
    waiting = new ArrayList<>();
    elements = 0;
    if (!ordered.isEmpty()) {
      // By turns, since the last of a window and the first of the next one may share a batch.
      ordered.sort(descending ? byShape.reversed() : byShape);
      descending = !descending;
      last = ordered.get(ordered.size() - 1);
    }
    return ordered;
  }
}
