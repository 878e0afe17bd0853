package io.halfstep.calibration;

import static java.util.Objects.requireNonNull;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import io.halfstep.allocation.Choice;
import io.halfstep.flow.Workers;
import io.halfstep.graph.Layer;
import io.halfstep.sensitivity.WeightCurvature;
import io.halfstep.source.SampleBatch;
import io.halfstep.widths.CurvatureErrors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;

/**
 * Finds what each width of the layers costs at the outputs from gradients on some samples, without
 * a run. As many samples as threads are in work at the same time; the result does not depend on it.
 */
final class CurvatureProbe implements Steps.Collector<List<SampleBatch>, Map<String, Choice>> {
  /** The most samples, those held back included. */
  static final int SAMPLES = 128;

  private final CalibrationRequest request;
  private final List<Layer> layers;
  private final CurvatureErrors errors;
  private final ProgressListener listener;
  private final WeightCurvature curvature;
  private final ForkJoinPool workers;
  private final long total;
  private long done;

  /** Opens what {@link #close} releases. */
  CurvatureProbe(
      CalibrationRequest request,
      List<Layer> layers,
      CurvatureErrors errors,
      ProgressListener listener) {
    this.request = request;
    this.layers = layers;
    this.errors = errors;
    this.listener = listener;
    this.curvature =
        new WeightCurvature(request.graph(), layers, request.mask(), request.plan().seed());
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
  public Map<String, Choice> finish() {
    if (done == 0) {
      throw CalibrationActor.noSamples(request);
    }
    return workers.submit(() -> choices(curvature.means())).join();
  }

  private Map<String, Choice> choices(Map<String, float[]> means) {
    Map<String, Choice> choices = new HashMap<>();
    for (Layer layer : layers) {
      choices.put(layer.name(), errors.choice(layer, requireNonNull(means.get(layer.name()))));
    }
    return choices;
  }

  @Override
  public void close() {
    workers.shutdown();
    curvature.close();
  }
}
