package io.halfstep.calibration;

import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.Measured;
import io.halfstep.graph.ClassScores;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.RunEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A run with certain widths, to see what the network loses by them. */
final class WidthTrial implements ProgressListener {
  private final CalibrationRequest whole;
  private final ProgressListener listener;
  private final List<String> scores;

  /** Of the last comparison, which is the finished network's. */
  private final Map<String, RunEvent.Predicted> predictions = new HashMap<>();

  WidthTrial(CalibrationRequest whole, ProgressListener listener) {
    this.whole = whole;
    this.listener = listener;
    this.scores = ClassScores.outputs(whole.graph().model().proto().getGraph());
  }

  /** Returns the request of the run. */
  CalibrationRequest request(Plan plan) {
    return whole.toBuilder().plan(plan.withoutLearning()).history(null).listener(this).build();
  }

  @Override
  public void update(Progress progress) {
    listener.update(progress);
  }

  @Override
  public void report(RunEvent event) {
    if (event instanceof RunEvent.Predicted predicted && scores.contains(predicted.output())) {
      predictions.put(predicted.output(), predicted);
    }
  }

  /** Returns what the run has lost. */
  Measured measured(Assignment widths, CalibrationResult result) {
    long places = predictions.values().stream().mapToLong(RunEvent.Predicted::places).sum();
    long changed = predictions.values().stream().mapToLong(RunEvent.Predicted::changed).sum();
    return new Measured(
        widths,
        -10 * Math.log10(RunResults.noise(result.network().outputSqnrDb())),
        places == 0 ? Double.NaN : (double) changed / places);
  }
}
