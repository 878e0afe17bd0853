package io.halfstep.service;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.source.Admission;
import io.halfstep.source.Appended;
import io.halfstep.source.LoggedSample;
import io.halfstep.source.Origin;
import io.halfstep.source.OverloadedException;
import io.halfstep.source.SampleLog;
import io.halfstep.source.StorageFullException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where a job's live samples come in: they are checked, sampled, and written to the job's log;
 * whoever offered them is answered once they are on the disk. Thread-safe; nothing here waits.
 *
 * <p>Every sample offered is counted once: taken, skipped (by the sampling rate, or because the
 * version under way has all its samples, or sent before), or refused, by reason.
 */
public final class Intake {
  private final Admission admission;
  private final SampleLog log;
  private final double rate;
  private final IntakeCounts counts;
  private final Runnable full;
  private final AtomicLong offers = new AtomicLong();

  /**
   * An open door.
   *
   * @param rate the share of samples without an origin that is taken
   * @param full called when the log has reached its limit, again and again
   */
  Intake(Admission admission, SampleLog log, double rate, IntakeCounts counts, Runnable full) {
    this.admission = admission;
    this.log = log;
    this.rate = rate;
    this.counts = counts;
    this.full = full;
  }

  /**
   * Offers samples.
   *
   * @param request makes samples of what was sent, by the model's admission
   * @param guess how many they seem to be, should they not be admitted
   * @param origin who sends them from which position, or null; with an origin every sample is taken
   *     exactly once, however often it is sent
   * @return complete when what is taken is on the disk. Fails with {@link InvalidInputException},
   *     {@link OverloadedException} or {@link StorageFullException}; then nothing of it is taken
   */
  public CompletionStage<Receipt> offer(
      Function<Admission, List<LoggedSample>> request, int guess, @Nullable Origin origin) {
    List<LoggedSample> samples;
    try {
      samples = request.apply(admission);
    } catch (InvalidInputException e) {
      counts.refused(Refusal.INVALID, guess);
      return CompletableFuture.failedStage(e);
    }
    int offered = samples.size();
    List<LoggedSample> chosen = origin == null && rate < 1 ? sampled(samples) : samples;
    CompletionStage<Appended> appended =
        chosen.isEmpty() && origin == null
            ? CompletableFuture.completedStage(new Appended(log.size(), 0, 0))
            : log.append(chosen, origin);
    return appended.handle((done, failure) -> receipt(offered, done, failure));
  }

  /** The next position that is expected of a producer; 0 if it has sent nothing yet. */
  public long position(String producer) {
    return log.position(producer).orElse(0);
  }

  private Receipt receipt(int offered, @Nullable Appended done, @Nullable Throwable failure) {
    if (done == null) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      counts.refused(Refusal.of(cause), offered);
      throw cause instanceof RuntimeException known ? known : new CompletionException(cause);
    }
    counts.took(done.taken(), offered - done.taken());
    if (log.size() >= log.limit()) {
      full.run();
    }
    return new Receipt(offered, done.taken(), done.duplicates());
  }

  /** Each sample by itself, by its number: a rate of 0.01 takes one in a hundred, not in a row. */
  private List<LoggedSample> sampled(List<LoggedSample> samples) {
    long first = offers.getAndAdd(samples.size());
    List<LoggedSample> chosen = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      if (new SplittableRandom(first + i).nextDouble() < rate) {
        chosen.add(samples.get(i));
      }
    }
    return chosen;
  }
}
