package io.halfstep.wire;

import akka.actor.typed.ActorRefResolver;
import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.protocol.StageActor;

/** Writes the actor reference in a {@link StageActor.Connect} as its address. */
final class ConnectSerializer extends Serializer<StageActor.Connect> {
  private final ActorRefResolver resolver;

  ConnectSerializer(ActorRefResolver resolver) {
    super(false, true);
    this.resolver = resolver;
  }

  @Override
  public void write(Kryo kryo, Output output, StageActor.Connect connect) {
    output.writeInt(connect.inlet());
    output.writeString(resolver.toSerializationFormat(connect.producer()));
    output.writeInt(connect.outlet());
  }

  @Override
  public StageActor.Connect read(Kryo kryo, Input input, Class<? extends StageActor.Connect> type) {
    return new StageActor.Connect(
        input.readInt(), resolver.resolveActorRef(input.readString()), input.readInt());
  }
}
