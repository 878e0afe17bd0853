package io.halfstep.stage;

import io.halfstep.checkpoint.StageState;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.RunEvent;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;

/** Σ y² and Σ (y − ŷ)² of a tensor over a pass, if the two have the same shape and are finite. */
final class SignalToNoise implements StageState {
  private double signal;
  private double noise;

  void add(Activation activation) {
    if (!activation.isAligned()) {
      return;
    }
    float[] teacher = activation.teacher().floats();
    float[] student = activation.student().floats();
    double s = 0;
    double n = 0;
    for (int i = 0; i < teacher.length; i++) {
      double y = teacher[i];
      double d = y - student[i];
      if (Math.abs(d) <= Double.MAX_VALUE) { // neither is NaN or infinite
        s += y * y;
        n += d * d;
      }
    }
    signal += s;
    noise += n;
  }

  @Override
  public void save(WireWriter to) {
    to.real(signal);
    to.real(noise);
  }

  @Override
  public void restore(WireReader from) {
    signal = from.real64();
    noise = from.real64();
  }

  RunEvent.Measured measured(String name, boolean output) {
    return new RunEvent.Measured(name, output, signal, noise);
  }
}
