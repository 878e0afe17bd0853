package io.halfstep.source;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The rejected samples of one pass: how many, why, and which. One thread may count while others
 * read.
 */
public final class Rejections {
  private final Map<String, Reason> reasons = new LinkedHashMap<>();
  private final BitSet positions = new BitSet();

  /**
   * Samples that were rejected for the same reason.
   *
   * @param example the place of the first one, and what was found there
   */
  public record Reason(String reason, long count, String example) {}

  synchronized void add(long position, String reason, String example) {
    reasons.merge(
        reason,
        new Reason(reason, 1, example),
        (known, ignored) -> new Reason(reason, known.count() + 1, known.example()));
    if (position < Integer.MAX_VALUE) {
      positions.set((int) position);
    }
  }

  /** Returns the number of rejected samples. */
  public synchronized long total() {
    return reasons.values().stream().mapToLong(Reason::count).sum();
  }

  /** Returns the reasons, in the order in which they first occurred. */
  public synchronized List<Reason> reasons() {
    return List.copyOf(reasons.values());
  }

  /** Returns the position in the data of the first sample from here on that was not rejected. */
  public synchronized long nextAccepted(long position) {
    return position < Integer.MAX_VALUE ? positions.nextClearBit((int) position) : position;
  }

  /** Returns one line, {@code 3 rejected: 2 × NaN or infinity (first: a.npy, sample 7: …); …}. */
  @Override
  public synchronized String toString() {
    if (reasons.isEmpty()) {
      return "0 rejected";
    }
    return reasons.values().stream()
        .map(r -> r.count() + " × " + r.reason() + " (first: " + r.example() + ")")
        .collect(Collectors.joining("; ", total() + " rejected: ", ""));
  }
}
