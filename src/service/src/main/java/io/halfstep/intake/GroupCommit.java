package io.halfstep.intake;

import io.halfstep.failure.InvalidInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Appends that are written together, in order. */
final class GroupCommit {
  private final SampleStore store;
  private final long limit;
  private final List<byte[]> records = new ArrayList<>();
  private final Map<String, Long> positions = new HashMap<>();
  private final List<Runnable> answers = new ArrayList<>();
  private long first;

  GroupCommit(SampleStore store, long limit) {
    this.store = store;
    this.limit = limit;
  }

  /** Decides which samples of the appends are stored, after the first {@code size} samples. */
  void plan(long size, List<PendingAppend> appends) {
    first = size;
    for (PendingAppend append : appends) {
      try {
        Appended appended = plan(append);
        answers.add(() -> append.done().complete(appended));
      } catch (InvalidInputException e) {
        answers.add(() -> append.done().completeExceptionally(e));
      }
    }
  }

  private Appended plan(PendingAppend append) {
    int samples = append.records().size();
    int duplicates = 0;
    Origin origin = append.origin();
    if (origin != null) {
      long expected = expected(origin.producer());
      duplicates = origin.duplicates(expected, samples);
      long next = origin.next(samples);
      if (next > expected) {
        positions.put(origin.producer(), next);
      }
    }
    int taken = (int) Math.max(0, Math.min(samples - duplicates, limit - size()));
    long at = size();
    records.addAll(append.records().subList(duplicates, duplicates + taken));
    return new Appended(at, taken, duplicates);
  }

  private long expected(String producer) {
    Long planned = positions.get(producer);
    return planned != null ? planned : store.position(producer).orElse(0);
  }

  boolean isEmpty() {
    return records.isEmpty() && positions.isEmpty();
  }

  long bytes() {
    return records.stream().mapToLong(sample -> sample.length).sum();
  }

  /** Returns the number of samples after this commit. */
  long size() {
    return first + records.size();
  }

  void write() {
    store.write(first, records, positions);
  }

  void acknowledge() {
    answers.forEach(Runnable::run);
  }

  static void fail(List<PendingAppend> appends, Throwable cause) {
    appends.forEach(append -> append.done().completeExceptionally(cause));
  }
}
