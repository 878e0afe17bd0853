package io.halfstep.metrics;

import io.halfstep.service.JobProgress;
import io.halfstep.service.JobProgress.StageQueue;
import io.halfstep.service.LayerFigures;
import io.halfstep.service.LiveJob;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The meters of each job's layers and stages. */
final class LayerMeters {
  private final VisibleJobs visible;
  private final Map<ToDoubleFunction<LayerFigures>, GaugeRows> ofLayers = new LinkedHashMap<>();
  private final Map<ToDoubleFunction<StageQueue>, GaugeRows> ofStages = new LinkedHashMap<>();

  LayerMeters(MeterRegistry registry, VisibleJobs visible) {
    this.visible = visible;
    ofLayers.put(
        LayerFigures::loss,
        GaugeRows.of(
            registry,
            "halfstep.layer.reconstruction.error",
            null,
            "Squared error of the layer's output, L"));
    ofLayers.put(
        LayerFigures::ratio,
        GaugeRows.of(
            registry,
            "halfstep.layer.nearest",
            "ratio",
            "Reconstruction error divided by that of rounding to nearest"));
    ofLayers.put(
        LayerFigures::flips,
        GaugeRows.of(registry, "halfstep.layer.flips", null, "Weights not rounded to nearest"));
    ofLayers.put(
        LayerFigures::sqnrDb,
        GaugeRows.of(
            registry,
            "halfstep.layer.sqnr",
            "decibels",
            "Signal-to-quantization-noise ratio of the layer's output"));
    ofLayers.put(
        LayerFigures::clipped,
        GaugeRows.of(
            registry,
            "halfstep.layer.clipped",
            "ratio",
            "Share of the layer's input values that quantization clips"));
    ofLayers.put(
        LayerFigures::driftSigmas,
        GaugeRows.of(
            registry,
            "halfstep.layer.drift.distance",
            "sigmas",
            "Wasserstein distance of the layer's input values from those of the version before"));
    ofLayers.put(
        LayerFigures::driftClipped,
        GaugeRows.of(
            registry,
            "halfstep.layer.drift.clipped",
            "ratio",
            "Growth of the share of the layer's input values that the version before clips"));
    ofLayers.put(
        LayerFigures::driftLossRatio,
        GaugeRows.of(
            registry,
            "halfstep.layer.drift.loss",
            "ratio",
            "Loss of the version before with the new samples divided by that with its own"));
    ofStages.put(
        StageQueue::waitingBytes,
        GaugeRows.of(
            registry, "halfstep.stage.waiting", "bytes", "Batches that wait at or in a stage"));
    ofStages.put(
        queue -> queue.creditBytes() < 0 ? Double.NaN : queue.creditBytes(),
        GaugeRows.of(
            registry,
            "halfstep.stage.credit",
            "bytes",
            "Credit of a stage at the consumer with the least of it"));
  }

  /** Adds rows for new layers and drops those that are gone. */
  void refresh() {
    for (LiveJob live : visible.withFigures()) {
      JobProgress progress = live.progress();
      if (progress != null) {
        Tags job = JobMeters.tags(live);
        progress.figures().keySet().forEach(layer -> addLayer(live, job, layer));
        if (!live.job().phase().isFinal()) {
          progress.queues().keySet().forEach(stage -> addStage(live, job, stage));
        }
      }
    }
    ofLayers.values().forEach(GaugeRows::show);
    ofStages.values().forEach(GaugeRows::show);
  }

  private void addLayer(LiveJob live, Tags job, String layer) {
    ofLayers.forEach(
        (figure, rows) ->
            rows.add(
                job.and("layer", layer), () -> read(progress(live).figures().get(layer), figure)));
  }

  private void addStage(LiveJob live, Tags job, String stage) {
    ofStages.forEach(
        (figure, rows) ->
            rows.add(
                job.and("stage", stage), () -> read(progress(live).queues().get(stage), figure)));
  }

  /** Returns the progress of the current version, which may be newer than the row. */
  private static JobProgress progress(LiveJob live) {
    return java.util.Objects.requireNonNull(live.progress());
  }

  private static <T> @Nullable Number read(@Nullable T from, ToDoubleFunction<T> figure) {
    return from == null ? null : figure.applyAsDouble(from);
  }
}
