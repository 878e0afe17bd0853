package io.halfstep.cli.evaluation;

import io.halfstep.statistics.Predictions;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Compares predictions with labels. Where a sample has several predictions, a label that is not a
 * class, such as 255 or −100, marks a place to ignore.
 */
final class Accuracy {
  private static final int TOP = 5;

  private final Map<Long, long[]> overlaps = new HashMap<>();
  private long counted;
  private long right;
  private long rightAmongFive;
  private boolean ranked;
  private boolean segmentation;

  /** Adds a batch, and returns which predictions are right. */
  BitSet add(Predictions predictions, long[] labels, boolean places) {
    segmentation |= places && (predictions.inner() > 1 || predictions.count() == 0);
    ranked |= predictions.count() > TOP;
    BitSet correct = new BitSet();
    for (int i = 0; i < labels.length; i++) {
      long label = labels[i];
      int predicted = predictions.classes()[i];
      if (places && (label < 0 || (predictions.count() > 0 && label >= predictions.count()))) {
        continue;
      }
      counted++;
      overlap(label)[0]++;
      overlap(predicted)[1]++;
      if (predicted == label) {
        overlap(label)[2]++;
        right++;
        correct.set(i);
      }
      rightAmongFive += ranked && predictions.amongBest(i, label, TOP) ? 1 : 0;
    }
    return correct;
  }

  /** Returns the labels, predictions and right predictions of a class. */
  private long[] overlap(long label) {
    return overlaps.computeIfAbsent(label, key -> new long[3]);
  }

  double top1() {
    return (double) right / counted;
  }

  /** Returns the top-5 accuracy; NaN for five classes or fewer. */
  double top5() {
    return ranked ? (double) rightAmongFive / counted : Double.NaN;
  }

  /** Returns the mean over the classes of intersection / union; NaN if it is not a segmentation. */
  double meanIou() {
    return segmentation
        ? overlaps.values().stream()
            .mapToDouble(counts -> counts[2] / (double) (counts[0] + counts[1] - counts[2]))
            .average()
            .orElse(Double.NaN)
        : Double.NaN;
  }

  /** Returns the accuracy of always predicting the most frequent class. */
  double majority() {
    return overlaps.values().stream().mapToLong(counts -> counts[0]).max().orElse(0)
        / (double) counted;
  }

  /**
   * Returns whether top-1 exceeds {@link #majority} by at most two standard deviations, for at
   * least 20 predictions and two classes of labels.
   */
  boolean isChance() {
    double chance = majority();
    return counted >= 20
        && chance < 1
        && top1() <= chance + 2 * Math.sqrt(chance * (1 - chance) / counted);
  }
}
