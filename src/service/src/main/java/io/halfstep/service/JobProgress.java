package io.halfstep.service;

import io.halfstep.calibration.Progress;
import io.halfstep.calibration.ProgressListener;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Encoding;
import io.halfstep.service.logging.JobLog;
import io.halfstep.service.version.Distributions;
import io.halfstep.service.version.InputHistograms;
import io.halfstep.statistics.ActivationStatistics;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a job's calibration is: the latest of each layer, of each stage, and of the whole. */
public final class JobProgress implements ProgressListener {
  private static final Logger LOG = LoggerFactory.getLogger(JobProgress.class);
  private static final double LEAST_SHARE = 0.02;

  /**
   * What waits at a stage.
   *
   * @param waitingBytes see {@link RunEvent.Queued}
   * @param creditBytes see there; −1 where nothing comes after the stage
   */
  public record StageQueue(long waitingBytes, long creditBytes) {}

  private record Moment(long nanos, double share) {}

  private final String job;
  private final StageGraph graph;
  private final InputHistograms reference;
  private final DoubleConsumer drift;
  private final Set<String> known;
  private final ServiceObserver observer;
  private final Map<String, Progress> layers = new ConcurrentHashMap<>();
  private final Map<String, Double> ratios = new ConcurrentHashMap<>();
  private final Map<String, LayerFigures> figures = new ConcurrentHashMap<>();
  private final Map<String, StageQueue> queues = new ConcurrentHashMap<>();
  private volatile @Nullable Progress latest;
  private volatile @Nullable Moment start;
  private volatile boolean samplesComplete;

  /**
   * @param known layers of this version that were rounded before, and are told again when it goes
   *     on; those that are rounded now are added
   * @param reference the inputs of the version before
   * @param drift is told how far this version's are from these
   */
  JobProgress(
      String job,
      StageGraph graph,
      Set<String> known,
      InputHistograms reference,
      DoubleConsumer drift,
      ServiceObserver observer) {
    this.job = job;
    this.graph = graph;
    this.reference = reference;
    this.drift = drift;
    this.known = known;
    this.observer = observer;
  }

  @Override
  public void update(Progress progress) {
    latest = progress;
    if (samplesComplete && start == null) {
      start = new Moment(System.nanoTime(), progress.share());
    }
    if (!progress.layer().isEmpty()) {
      layers.put(progress.layer(), progress);
      if (!Double.isNaN(progress.loss()) && ratios.put(progress.layer(), progress.loss()) == null) {
        log(progress);
      }
    }
  }

  private void log(Progress progress) {
    JobLog.about(
        job,
        progress.layer(),
        () -> LOG.info("rounded, error {} of nearest", "%.3f".formatted(progress.loss())));
  }

  @Override
  public void report(RunEvent event) {
    if (event instanceof RunEvent.Queued queued) {
      queues.put(
          queued.stage().name(), new StageQueue(queued.waitingBytes(), queued.creditBytes()));
    } else if (event instanceof RunEvent.Rounded layer) {
      figures.put(
          layer.layer(),
          of(layer.layer()).rounded(layer.loss(), layer.nearestLoss(), layer.flips()));
      if (known.add(layer.layer())) {
        observer.rounded(layer.seconds());
      }
    } else if (event instanceof RunEvent.Measured layer && !layer.output()) {
      figures.put(layer.name(), of(layer.name()).measured(layer.decibels()));
    } else if (event instanceof RunEvent.RangesSet ranges) {
      clip(ranges);
      double distance = reference.distance(InputHistograms.of(graph, ranges.statistics()));
      if (!Double.isNaN(distance)) {
        drift.accept(distance);
      }
    }
  }

  private void clip(RunEvent.RangesSet ranges) {
    for (Layer layer : graph.layers()) {
      Encoding encoding = ranges.encodings().get(layer.input());
      ActivationStatistics seen = ranges.statistics().get(layer.input());
      if (encoding != null && seen != null) {
        double clipped = Distributions.clipped(seen.histogram(), encoding);
        figures.put(layer.name(), of(layer.name()).clipping(clipped));
      }
    }
  }

  private LayerFigures of(String layer) {
    return figures.getOrDefault(layer, LayerFigures.UNKNOWN);
  }

  /** The version's samples are all there: from now on it advances as fast as it computes. */
  void samplesComplete() {
    samplesComplete = true;
  }

  /** The latest of all; null before the first. */
  public @Nullable Progress latest() {
    return latest;
  }

  /** {@code L / L(nearest)} of the layers that are rounded. */
  public Map<String, Double> ratios() {
    return ratios;
  }

  /** The latest of each layer. */
  public Map<String, Progress> layers() {
    return layers;
  }

  /** What was found of each layer so far. */
  public Map<String, LayerFigures> figures() {
    return figures;
  }

  /** What waits at each stage. */
  public Map<String, StageQueue> queues() {
    return queues;
  }

  /**
   * Seconds until all is computed, by the pace since the samples were complete; empty while samples
   * are awaited, and as long as there is too little to judge by.
   */
  public OptionalDouble secondsLeft() {
    Moment from = start;
    Progress now = latest;
    if (from == null || now == null || now.share() - from.share() < LEAST_SHARE) {
      return OptionalDouble.empty();
    }
    double elapsed = (System.nanoTime() - from.nanos()) / 1e9;
    return OptionalDouble.of(elapsed * (1 - now.share()) / (now.share() - from.share()));
  }
}
