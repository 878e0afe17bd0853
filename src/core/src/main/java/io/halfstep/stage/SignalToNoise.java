package io.halfstep.stage;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.checkpoint.StageState;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.RunEvent;

/** Σ y² and Σ (y − ŷ)² of a tensor over a pass, where the two have one shape and are finite. */
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
  public void save(Output to) {
    to.writeDouble(signal);
    to.writeDouble(noise);
  }

  @Override
  public void restore(Input from) {
    signal = from.readDouble();
    noise = from.readDouble();
  }

  RunEvent.Measured measured(String name, boolean output) {
    return new RunEvent.Measured(name, output, signal, noise);
  }
}
