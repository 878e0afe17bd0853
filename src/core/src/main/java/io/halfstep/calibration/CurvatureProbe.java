package io.halfstep.calibration;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import io.halfstep.flow.Workers;
import io.halfstep.sensitivity.Curvature;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;

/**
 * Finds how much the outputs change with some tensors, from gradients on some samples, without a
 * run. As many samples as threads are in work at the same time; the result does not depend on it.
 *
 * @param <T> what follows from it
 */
final class CurvatureProbe<T> implements Steps.Collector<List<SampleBatch>, T> {
  /** The most samples, those held back included. */
  static final int SAMPLES = 128;

  private final CalibrationRequest request;
  private final Function<Map<String, Tensor>, T> result;
  private final ProgressListener listener;
  private final Curvature curvature;
  private final ForkJoinPool workers;
  private final long total;
  private long done;

  /**
   * Opens what {@link #close} releases.
   *
   * @param tensors the names of weights or activations
   * @param result made of the curvature along each of their elements
   */
  CurvatureProbe(
      CalibrationRequest request,
      List<String> tensors,
      Function<Map<String, Tensor>, T> result,
      ProgressListener listener) {
    this.request = request;
    this.result = result;
    this.listener = listener;
    this.curvature = new Curvature(request.graph(), tensors, request.mask(), request.plan().seed());
    this.workers = Workers.pool(request.threads());
    long expected = request.expectedSamples();
    this.total =
        new HeldBack(request.source(), request.inputs())
            .learnedOf(expected > 0 ? Math.min(SAMPLES, expected) : SAMPLES);
  }

  /** Returns the samples, as many together as are worked on at the same time. */
  static Source<List<SampleBatch>, NotUsed> samples(CalibrationRequest request) {
    HeldBack samples = new HeldBack(request.source(), request.inputs());
    return samples
        .first(SAMPLES, 0)
        .map(batch -> samples.only(false, batch))
        .filter(batch -> batch.samples() > 0)
        .mapConcat(samples::apart)
        .grouped(request.threads());
  }

  @Override
  public void add(List<SampleBatch> some) {
    workers.submit(() -> curvature.add(some.stream().map(SampleBatch::inputs).toList())).join();
    done += some.stream().mapToInt(SampleBatch::samples).sum();
    listener.update(
        new Progress("", "", done, total, 0, Double.NaN, Math.min(1, (double) done / total)));
  }

  @Override
  public T finish() {
    if (done == 0) {
      throw CalibrationActor.noSamples(request);
    }
    return workers.submit(() -> result.apply(curvature.means())).join();
  }

  @Override
  public void close() {
    workers.shutdown();
    curvature.close();
  }
}
