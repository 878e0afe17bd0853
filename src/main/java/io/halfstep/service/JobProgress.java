package io.halfstep.service;

import io.halfstep.calibration.Progress;
import io.halfstep.calibration.ProgressListener;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Where a job's calibration is: the latest of each layer, and of the whole. */
public final class JobProgress implements ProgressListener {
  private static final Logger LOG = LoggerFactory.getLogger(JobProgress.class);

  private final String job;
  private final Map<String, Progress> layers = new ConcurrentHashMap<>();
  private final Map<String, Double> ratios = new ConcurrentHashMap<>();
  private volatile @Nullable Progress latest;

  JobProgress(String job) {
    this.job = job;
  }

  @Override
  public void update(Progress progress) {
    latest = progress;
    if (!progress.layer().isEmpty()) {
      layers.put(progress.layer(), progress);
      if (!Double.isNaN(progress.loss()) && ratios.put(progress.layer(), progress.loss()) == null) {
        rounded(progress);
      }
    }
  }

  private void rounded(Progress progress) {
    MDC.put("job", job);
    MDC.put("layer", progress.layer());
    LOG.info("rounded, error {} of nearest", "%.3f".formatted(progress.loss()));
    MDC.remove("layer");
    MDC.remove("job");
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
}
