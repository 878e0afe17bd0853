package io.halfstep.calibration;

import io.halfstep.graph.StageGraph;
import io.halfstep.protocol.RunEvent;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a run whose widths are measured first: the share of all the work, in units of a
 * run over all samples.
 */
final class SearchProgress {
  private final ProgressListener listener;
  private final double all;
  private double done;

  /**
   * @param before the work before the run itself
   */
  SearchProgress(ProgressListener listener, double before) {
    this.listener = listener;
    this.all = before + 1;
  }

  /**
   * Returns the listener of the next measurement.
   *
   * @param layer that is measured; empty if the whole network is
   * @param work of the measurement
   */
  ProgressListener measures(String layer, double work) {
    double before = done;
    done += work;
    return progress -> tell(progress, "measure", layer, before, work);
  }

  /** Returns the listener of the run itself; measurements that were not needed count as done. */
  ProgressListener runs() {
    return new ProgressListener() {
      @Override
      public void update(Progress progress) {
        tell(progress, progress.pass(), null, all - 1, 1);
      }

      @Override
      public void begins(StageGraph network) {
        listener.begins(network);
      }

      @Override
      public void report(RunEvent event) {
        listener.report(event);
      }
    };
  }

  private void tell(
      Progress progress, String pass, @Nullable String layer, double before, double work) {
    listener.update(
        new Progress(
            pass,
            layer == null ? progress.layer() : layer,
            progress.samples(),
            progress.totalSamples(),
            progress.queuedBytes(),
            layer == null ? progress.loss() : Double.NaN,
            (before + work * progress.share()) / all));
  }
}
