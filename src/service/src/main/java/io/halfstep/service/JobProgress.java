package io.halfstep.service;

import io.halfstep.calibration.Progress;
import io.halfstep.calibration.ProgressListener;
import io.halfstep.drift.Distributions;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Encoding;
import io.halfstep.service.logging.JobLog;
import io.halfstep.statistics.ActivationStatistics;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The progress of a job's calibration: the latest of each layer, of each stage, and overall. */
public final class JobProgress implements ProgressListener {
  private static final Logger LOG = LoggerFactory.getLogger(JobProgress.class);
  private static final double LEAST_SHARE = 0.02;

  /**
   * The data that waits at a stage.
   *
   * @param waitingBytes see {@link RunEvent.Queued}
   * @param creditBytes see there; −1 for the last stage
   */
  public record StageQueue(long waitingBytes, long creditBytes) {}

  private record Moment(long nanos, double share) {}

  private final String job;
  private final int version;
  private final Consumer<JobProgress> drift;
  private final Set<String> known;
  private final ServiceObserver observer;
  private final Map<String, Progress> layers = new ConcurrentHashMap<>();
  private final Map<String, Double> ratios = new ConcurrentHashMap<>();
  private final Map<String, LayerFigures> figures = new ConcurrentHashMap<>();
  private final Map<String, StageQueue> queues = new ConcurrentHashMap<>();
  private final Map<String, RunEvent.Advanced> activities = new ConcurrentHashMap<>();
  private final Map<String, InputHistogram> inputs = new ConcurrentHashMap<>();
  private volatile StageGraph graph;
  private volatile @Nullable Progress latest;
  private volatile @Nullable Moment start;
  private volatile boolean samplesComplete;
  private volatile boolean hasDriftFigures;

  /**
   * @param known layers of this version that were rounded before a restart, and are reported again;
   *     newly rounded ones are added
   * @param drift told when a pass has ended, by which layers' figures of drift are complete
   */
  JobProgress(
      String job,
      int version,
      StageGraph graph,
      Set<String> known,
      Consumer<JobProgress> drift,
      ServiceObserver observer) {
    this.job = job;
    this.version = version;
    this.graph = graph;
    this.drift = drift;
    this.known = known;
    this.observer = observer;
  }

  @Override
  public void begins(StageGraph network) {
    graph = network;
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
        () ->
            LOG.info(
                "version {} rounded, error {} of nearest",
                version,
                "%.3f".formatted(progress.loss())));
  }

  @Override
  public void report(RunEvent event) {
    if (event instanceof RunEvent.Queued queued) {
      queues.put(
          queued.stage().name(), new StageQueue(queued.waitingBytes(), queued.creditBytes()));
    } else if (event instanceof RunEvent.Advanced advanced) {
      activities.put(advanced.stage().name(), advanced);
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
      setRanges(ranges);
    } else if (event instanceof RunEvent.RangeDrift range) {
      for (Layer layer : graph.layers()) {
        if (layer.input().equals(range.tensor())) {
          figures.put(layer.name(), of(layer.name()).drifted(range.distance(), range.clipped()));
        }
      }
    } else if (event instanceof RunEvent.LossDrift layer) {
      figures.put(layer.layer(), of(layer.layer()).drifted(layer.ratio()));
    } else if (event instanceof RunEvent.PassCompleted) {
      hasDriftFigures = true;
      drift.accept(this);
    }
  }

  private void setRanges(RunEvent.RangesSet ranges) {
    for (Layer layer : graph.layers()) {
      Encoding encoding = ranges.encodings().get(layer.input());
      ActivationStatistics seen = ranges.statistics().get(layer.input());
      if (seen != null) {
        inputs.put(layer.name(), InputHistogram.of(layer.input(), seen, encoding));
      }
      if (encoding != null && seen != null) {
        double clipped = Distributions.clipped(seen.histogram(), encoding);
        figures.put(layer.name(), of(layer.name()).clipping(clipped));
      }
    }
  }

  private LayerFigures of(String layer) {
    return figures.getOrDefault(layer, LayerFigures.UNKNOWN);
  }

  /** Returns the version that it makes. */
  public int version() {
    return version;
  }

  /** Returns whether a pass has ended. */
  boolean hasDriftFigures() {
    return hasDriftFigures;
  }

  /**
   * Records that the version has all its samples: from now on only the computation limits its pace.
   */
  void samplesComplete() {
    samplesComplete = true;
  }

  /** Returns the latest progress; null before the first. */
  public @Nullable Progress latest() {
    return latest;
  }

  /** Returns {@code L / L(nearest)} of the rounded layers. */
  public Map<String, Double> ratios() {
    return ratios;
  }

  /** Returns the latest progress of each layer. */
  public Map<String, Progress> layers() {
    return layers;
  }

  /** Returns the figures of each layer so far. */
  public Map<String, LayerFigures> figures() {
    return figures;
  }

  /** Returns the data that waits at each stage. */
  public Map<String, StageQueue> queues() {
    return queues;
  }

  /** Returns what each stage has last reported to be doing. */
  Map<String, RunEvent.Advanced> activities() {
    return activities;
  }

  /** Returns the values of each layer's input, once its range is set. */
  Map<String, InputHistogram> inputs() {
    return inputs;
  }

  /** Returns the network as it is quantized. */
  StageGraph graph() {
    return graph;
  }

  /**
   * Estimates the seconds left from the pace since the samples were complete; empty while samples
   * are awaited or there is too little to judge by.
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
