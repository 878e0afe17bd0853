package io.halfstep.cli;

import io.halfstep.calibration.Calibration;
import io.halfstep.calibration.CalibrationRequest;
import io.halfstep.calibration.ProgressListener;
import io.halfstep.export.QuantizedNetwork;
import io.halfstep.source.Dataset;
import io.halfstep.source.Rejections.Reason;
import io.halfstep.source.Sources;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

/** The actor graph, run from a thread that waits for it. */
final class CalibrationJob implements QuantizeJob {
  /** What may be in flight between two stages, as a share of what may wait in memory. */
  private static final long CREDIT_SHARE = 16;

  @Override
  public QuantizedNetwork run(Request request, ProgressListener listener)
      throws InterruptedException {
    Dataset data = request.data();
    Calibration calibration =
        Calibration.start(
            new CalibrationRequest(
                request.graph(),
                request.plan(),
                Sources.batches(data, request.batch(), request.samples()),
                request.samples() == Dataset.ALL ? 0 : request.samples(),
                () -> rejected(data),
                request.threads(),
                request.memoryBytes(),
                request.spoolDirectory(),
                request.memoryBytes() / CREDIT_SHARE,
                listener));
    try {
      return calibration.result().get().network();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      calibration.cancel();
      calibration.result().handle((network, failure) -> true).join();
      throw e;
    }
  }

  private static Map<String, Long> rejected(Dataset data) {
    return data.rejections().reasons().stream()
        .collect(Collectors.toMap(Reason::reason, Reason::count));
  }
}
