package io.halfstep.service;

import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.japi.Pair;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import io.halfstep.calibration.CalibrationResult;
import io.halfstep.calibration.HeldBack;
import io.halfstep.file.Sha256;
import io.halfstep.network.FewSamples;
import io.halfstep.service.journal.Job;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.version.Provenance;
import io.halfstep.service.version.Publication;
import io.halfstep.service.version.Validation;
import io.halfstep.source.LiveBatches;
import io.halfstep.source.RawSample;
import io.halfstep.source.SampleBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the version under way; one of an unending job only if it is no worse than the current
 * one: first on new data, then in use ("prequential", Gama, Sebastião and Rodrigues 2013, <em>On
 * evaluating stream learning algorithms</em>). Both are compared with the float model on the
 * samples that have come after those that the version has learned from. So a version that has
 * learned from noise is not published when the stream is good again; and one that has learned from
 * a stream that has changed for good is.
 */
final class PublicationOfJob {
  /**
   * What became of a version.
   *
   * @param bytes the size of its model; 0 if it is not published
   * @param validation null if there was no other version to compare it with
   */
  record Outcome(long samples, long bytes, List<String> notes, @Nullable Validation validation) {
    boolean isPublished() {
      return bytes > 0;
    }
  }

  private final LiveJob live;
  private final OpenJob open;
  private final ServiceSettings settings;
  private final ActorSystem<?> system;
  private final Executor io;
  private final Job job;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();

  /**
   * @param io for work on files, and for running the models
   */
  PublicationOfJob(
      LiveJob live, OpenJob open, ServiceSettings settings, ActorSystem<?> system, Executor io) {
    this.live = live;
    this.open = open;
    this.settings = settings;
    this.system = system;
    this.io = io;
    this.job = live.job();
  }

  /** Lets a publication that waits for samples fail. */
  void stop() {
    stopped.completeExceptionally(new CancellationException("the job is stopped"));
  }

  CompletionStage<Outcome> publish(CalibrationResult result) {
    return CompletableFuture.supplyAsync(() -> notes(result), io)
        .thenCompose(notes -> publish(result, notes));
  }

  private List<String> notes(CalibrationResult result) {
    return Stream.of(live.notes(), result.notes(), FewSamples.notes(result.network()))
        .flatMap(List::stream)
        .toList();
  }

  private CompletionStage<Outcome> publish(CalibrationResult result, List<String> notes) {
    long samples = result.network().samples();
    return CompletableFuture.supplyAsync(() -> staged(result, notes), io)
        .thenCompose(
            model ->
                model == null || job.current() == 0 || !job.spec().isUnending()
                    ? CompletableFuture.<@Nullable Validation>completedStage(null)
                    : validate(model))
        .thenApplyAsync(
            validation -> {
              int version = job.nextVersion();
              if (validation != null && validation.isWorse(settings.publishMargin())) {
                Publication.discard(live.folder(), version);
                return new Outcome(samples, 0, notes, validation);
              }
              long bytes = Publication.publish(live.folder(), version);
              return new Outcome(samples, bytes, notes, validation);
            },
            io);
  }

  /** Returns the model to publish; null if that is done. */
  private @Nullable Path staged(CalibrationResult result, List<String> notes) {
    return Publication.isDone(live.folder(), job.nextVersion())
        ? null
        : Publication.stage(
            live.folder(),
            job.spec(),
            job.nextVersion(),
            result.network(),
            result.allocation(),
            notes,
            provenance());
  }

  private Provenance provenance() {
    try {
      return new Provenance(
          Service.version(),
          Sha256.of(live.folder().root().resolve(job.spec().modelFile())),
          Files.readString(live.folder().plan()),
          open.plan().seed(),
          job.windowStart(),
          job.windowEnd(),
          open.log().checksum(job.windowStart(), job.windowEnd()),
          Instant.ofEpochMilli(job.openedAt()).toString(),
          Instant.now().toString(),
          job.spec().halfLife(),
          job.spec().halfLife() == 0 || job.newestVersion() == 0 ? null : job.newestVersion());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CompletionStage<@Nullable Validation> validate(Path model) {
    long wanted = Math.min(settings.publishSamples(), job.spec().samples());
    CompletableFuture<Void> reached =
        open.log()
            .reached(job.windowEnd() + wanted)
            .toCompletableFuture()
            .completeOnTimeout(null, settings.publishWait().toMillis(), TimeUnit.MILLISECONDS);
    return CompletableFuture.anyOf(reached, stopped)
        .thenCompose(enough -> batches(wanted))
        .thenApplyAsync(batches -> compared(model, batches), io);
  }

  private Validation compared(Path model, List<SampleBatch> batches) {
    return Validation.of(
        live.folder().root().resolve(job.spec().modelFile()),
        model,
        live.folder().version(job.current()).resolve(Publication.MODEL),
        batches);
  }

  /**
   * Returns the first samples after those that the version has learned from; if there are too few,
   * the last of those that were held back as well.
   */
  private CompletionStage<List<SampleBatch>> batches(long wanted) {
    long after = Math.min(wanted, open.log().size() - job.windowEnd());
    long from = Math.max(job.windowStart(), job.windowEnd() - HeldBack.EVERY * (wanted - after));
    long end = job.windowEnd() + after;
    return LiveBatches.from(
            first -> chosen(from, end), open.ports(), open.normalization(), open.mask(), 1, 0, 0)
        .runWith(Sink.seq(), system);
  }

  private Source<RawSample, NotUsed> chosen(long from, long end) {
    return open.log()
        .read(from, CompletableFuture.completedStage(end))
        .zipWithIndex()
        .filter(sample -> isUnseen(from + sample.second()))
        .map(Pair::first);
  }

  private boolean isUnseen(long number) {
    return number >= job.windowEnd() || HeldBack.isHeldBack(number - job.windowStart());
  }
}
