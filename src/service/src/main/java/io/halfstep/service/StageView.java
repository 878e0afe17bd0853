package io.halfstep.service;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.halfstep.calibration.Progress;
import io.halfstep.protocol.RunEvent.Activity;
import io.halfstep.protocol.RunEvent.Advanced;
import io.halfstep.service.JobProgress.StageQueue;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a stage of the network is doing, and the figures of its layer so far, in JSON; null what is
 * not known yet.
 *
 * @param pass see {@link Progress}
 * @param samples processed in this pass
 * @param share of the activity that is done, 0 to 1
 * @param waitingBytes and
 * @param creditBytes see {@link StageQueue}
 * @param ratio and all others: see {@link LayerFigures}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StageView(
    @Nullable String pass,
    @Nullable String activity,
    @Nullable Long samples,
    @Nullable Double share,
    @Nullable Long waitingBytes,
    @Nullable Long creditBytes,
    @Nullable Double ratio,
    @Nullable Double flips,
    @Nullable Double sqnrDb,
    @Nullable Double clipped,
    @Nullable Double driftSigmas,
    @Nullable Double driftClipped,
    @Nullable Double driftLossRatio) {

  /** Returns all stages of which something is known, by name. */
  public static Map<String, StageView> all(@Nullable JobProgress progress) {
    Map<String, StageView> all = new TreeMap<>();
    if (progress != null) {
      TreeSet<String> names = new TreeSet<>(progress.layers().keySet());
      names.addAll(progress.queues().keySet());
      names.addAll(progress.figures().keySet());
      names.forEach(name -> all.put(name, of(progress, name)));
    }
    return all;
  }

  /** Returns one stage. */
  static StageView of(JobProgress progress, String name) {
    Progress latest = progress.layers().get(name);
    Advanced advanced = progress.activities().get(name);
    StageQueue queue = progress.queues().get(name);
    LayerFigures figures = progress.figures().getOrDefault(name, LayerFigures.UNKNOWN);
    return new StageView(
        latest == null ? null : latest.pass(),
        advanced == null ? null : advanced.activity().name().toLowerCase(Locale.ROOT),
        latest == null ? null : latest.samples(),
        share(latest, advanced),
        queue == null ? null : queue.waitingBytes(),
        queue == null || queue.creditBytes() < 0 ? null : queue.creditBytes(),
        known(figures.ratio()),
        known(figures.flips()),
        known(figures.sqnrDb()),
        known(figures.clipped()),
        known(figures.driftSigmas()),
        known(figures.driftClipped()),
        known(figures.driftLossRatio()));
  }

  private static @Nullable Double share(@Nullable Progress latest, @Nullable Advanced advanced) {
    if (advanced != null && advanced.activity() == Activity.OPTIMIZING) {
      return advanced.share();
    }
    return latest == null || latest.totalSamples() == 0
        ? null
        : Math.min(1, (double) latest.samples() / latest.totalSamples());
  }

  private static @Nullable Double known(double figure) {
    return Double.isFinite(figure) ? figure : null;
  }
}
