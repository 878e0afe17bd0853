package io.halfstep.analysis;

import io.halfstep.analysis.Trial.Kind;
import java.util.List;

/**
 * What an analysis found.
 *
 * @param trials in the order of their runs; the first is the plan as given
 * @param best the plan with the remedies that help together; the given one if none does
 * @param layersLeft the number of quantized layers that were not tried alone
 */
public record AnalysisResult(List<Trial> trials, Trial best, int layersLeft) {
  public AnalysisResult {
    trials = List.copyOf(trials);
  }

  /** Returns the plan as given. */
  public Trial given() {
    return trials.get(0);
  }

  /** Returns the trials of a kind. */
  public List<Trial> of(Kind kind) {
    return trials.stream().filter(trial -> trial.kind() == kind).toList();
  }
}
