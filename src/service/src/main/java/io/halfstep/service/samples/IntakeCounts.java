package io.halfstep.service.samples;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the samples offered to a job since the service started: offered = taken + skipped +
 * refused.
 */
public final class IntakeCounts {
  private final LongAdder taken = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final Map<Refusal, LongAdder> refused = new EnumMap<>(Refusal.class);

  public IntakeCounts() {
    for (Refusal reason : Refusal.values()) {
      refused.put(reason, new LongAdder());
    }
  }

  void took(long takenNow, long skippedNow) {
    taken.add(takenNow);
    skipped.add(skippedNow);
  }

  /** Counts samples that were refused before or by the intake. */
  public void refused(Refusal reason, long samples) {
    adder(reason).add(samples);
  }

  /** Returns the number of samples that were offered. */
  public long offered() {
    return taken() + skipped() + refused();
  }

  public long taken() {
    return taken.sum();
  }

  public long skipped() {
    return skipped.sum();
  }

  public long refused() {
    return refused.values().stream().mapToLong(LongAdder::sum).sum();
  }

  public long refused(Refusal reason) {
    return adder(reason).sum();
  }

  private LongAdder adder(Refusal reason) {
    return java.util.Objects.requireNonNull(refused.get(reason));
  }
}
