package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import io.halfstep.checkpoint.StageState;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.RunEvent;
import io.halfstep.statistics.Predictions;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;

/** Where the student predicts another class than the teacher, if an output holds class scores. */
final class ChangedPredictions implements StageState {
  private long places;
  private long changed;

  void add(Activation output) {
    Predictions teacher = output.isAligned() ? Predictions.of(output.teacher()) : null;
    if (teacher == null) {
      return;
    }
    places += teacher.size();
    if (!output.isShared()) {
      changed += teacher.different(requireNonNull(Predictions.of(output.student())));
    }
  }

  @Override
  public void save(WireWriter to) {
    to.number(places);
    to.number(changed);
  }

  @Override
  public void restore(WireReader from) {
    places = from.number();
    changed = from.number();
  }

  RunEvent.Predicted predicted(String output) {
    return new RunEvent.Predicted(output, places, changed);
  }
}
