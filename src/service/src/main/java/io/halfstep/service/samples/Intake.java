package io.halfstep.service.samples;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.intake.Appended;
import io.halfstep.intake.Appender;
import io.halfstep.intake.Origin;
import io.halfstep.intake.OverloadedException;
import io.halfstep.intake.SampleLog;
import io.halfstep.intake.StorageFullException;
import io.halfstep.service.logging.JobLog;
import io.halfstep.source.Admission;
import io.halfstep.source.RawSample;
import io.halfstep.text.OneLine;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a job's live samples: checks them, selects some, writes them to the job's log, and
 * acknowledges them once they are on disk. Thread-safe and non-blocking.
 *
 * <p>Every sample is counted once: as taken, skipped (by the sampling rate, because the version
 * under way has all its samples, or as a duplicate), or refused, by reason.
 */
public final class Intake implements Appender {
  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  private final String job;
  private final double samplingRate;
  private final Admission admission;
  private final SampleLog log;
  private final IntakeCounts counts;
  private final AtomicLong offers = new AtomicLong();

  /** Takes samples for a job, only the share {@code samplingRate} of those without an origin. */
  public Intake(
      String job, double samplingRate, Admission admission, SampleLog log, IntakeCounts counts) {
    this.job = job;
    this.samplingRate = samplingRate;
    this.admission = admission;
    this.log = log;
    this.counts = counts;
  }

  /**
   * Offers samples.
   *
   * @param request decodes the samples, checking them against the model
   * @param guess the number of samples to count if they can't be decoded
   * @param origin the producer and its position, or null; with an origin every sample is taken
   *     exactly once, however often it is sent
   * @return completes when the taken samples are on disk. Fails with {@link InvalidInputException},
   *     {@link OverloadedException} or {@link StorageFullException}; then none is taken
   */
  public CompletionStage<Receipt> offer(
      Function<Admission, List<RawSample>> request, int guess, @Nullable Origin origin) {
    List<RawSample> samples;
    try {
      samples = request.apply(admission);
    } catch (InvalidInputException e) {
      counts.refused(Refusal.INVALID, guess);
      return CompletableFuture.failedStage(e);
    }
    List<RawSample> chosen = origin == null ? sampled(samples) : samples;
    return append(chosen, origin)
        .thenApply(
            done -> {
              counts.took(0, samples.size() - chosen.size());
              return new Receipt(samples.size(), done.taken(), done.duplicates());
            });
  }

  @Override
  public CompletionStage<Appended> append(List<RawSample> samples, @Nullable Origin origin) {
    if (samples.isEmpty() && origin == null) {
      return CompletableFuture.completedStage(new Appended(log.size(), 0, 0));
    }
    return log.append(samples, origin)
        .whenComplete(
            (done, failure) -> {
              if (done != null) {
                counts.took(done.taken(), samples.size() - done.taken());
              } else {
                counts.refused(Refusal.of(cause(failure)), samples.size());
              }
            });
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  @Override
  public OptionalLong position(String producer) {
    return log.position(producer);
  }

  /** Counts and logs input that could not be used. */
  public void rejected(String what, InvalidInputException why) {
    counts.refused(Refusal.INVALID, 1);
    JobLog.about(
        job,
        () ->
            LOG.warn(
                "{} is left out: {}",
                OneLine.of(what),
                OneLine.of(String.valueOf(why.getMessage()))));
  }

  /** Selects each sample by its number, so that the selected ones are spread evenly. */
  List<RawSample> sampled(List<RawSample> samples) {
    if (samplingRate >= 1) {
      return samples;
    }
    long first = offers.getAndAdd(samples.size());
    List<RawSample> chosen = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      if (new SplittableRandom(first + i).nextDouble() < samplingRate) {
        chosen.add(samples.get(i));
      }
    }
    return chosen;
  }
}
