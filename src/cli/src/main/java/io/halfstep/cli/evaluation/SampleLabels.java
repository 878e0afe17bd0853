package io.halfstep.cli.evaluation;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.Rejections;
import java.util.Arrays;

/** Returns the labels of the accepted samples in order. */
public final class SampleLabels {
  private final long[] labels;
  private long position;
  private int perSample = 1;
  private long missing;
  private long given;

  /**
   * @param labels of all samples of the data, including rejected ones
   */
  public SampleLabels(long... labels) {
    this.labels = labels;
  }

  /** Returns the labels of the next samples; fewer if there are no more. */
  long[] next(int samples, int each, Rejections rejections) {
    perSample = each;
    long[] next = new long[samples * each];
    int n = 0;
    for (int s = 0; s < samples; s++) {
      position = rejections.nextAccepted(position);
      for (int i = 0; i < each; i++) {
        long at = position * each + i;
        if (at < labels.length) {
          next[n++] = labels[(int) at];
        } else {
          missing++;
        }
      }
      position++;
    }
    given += n;
    return Arrays.copyOf(next, n);
  }

  /**
   * Checks that there was one label for each prediction.
   *
   * @param limited whether samples may be left
   * @throws InvalidInputException if not
   */
  public void requireAll(boolean limited, Rejections rejections) {
    long kept = labels.length - rejections.total() * perSample;
    if (missing > 0 || (!limited && kept != given)) {
      throw new InvalidInputException(
          "--labels: %d labels for %d predictions; one label for each sample is needed%s"
              .formatted(
                  kept,
                  given + missing,
                  perSample > 1 ? ", and here one for each of its " + perSample + " places" : ""));
    }
  }
}
