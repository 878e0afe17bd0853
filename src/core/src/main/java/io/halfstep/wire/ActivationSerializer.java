package io.halfstep.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.protocol.Activation;
import io.halfstep.tensor.Tensor;

/** Writes a tensor that teacher and student share once, and gives it back shared. */
final class ActivationSerializer extends Serializer<Activation> {
  ActivationSerializer() {
    super(false, true);
  }

  @Override
  public void write(Kryo kryo, Output output, Activation activation) {
    output.writeBoolean(activation.isShared());
    kryo.writeObject(output, activation.teacher());
    if (!activation.isShared()) {
      kryo.writeObject(output, activation.student());
    }
  }

  @Override
  public Activation read(Kryo kryo, Input input, Class<? extends Activation> type) {
    boolean shared = input.readBoolean();
    Tensor teacher = kryo.readObject(input, Tensor.class);
    return shared
        ? Activation.shared(teacher)
        : new Activation(teacher, kryo.readObject(input, Tensor.class));
  }
}
