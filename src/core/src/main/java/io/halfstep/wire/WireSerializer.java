package io.halfstep.wire;

import akka.actor.ExtendedActorSystem;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.javadsl.Adapter;
import akka.serialization.JSerializer;
import io.halfstep.protocol.StageActor;
import org.jspecify.annotations.Nullable;

/** Akka's serializer for every {@link StageActor.Wire} message. */
public final class WireSerializer extends JSerializer {
  private final ActorRefResolver actors;

  /** Called by Akka. */
  public WireSerializer(ExtendedActorSystem system) {
    actors = ActorRefResolver.get(Adapter.toTyped(system));
  }

  @Override
  public int identifier() {
    return 72001;
  }

  @Override
  public boolean includeManifest() {
    return false;
  }

  @Override
  public byte[] toBinary(Object message) {
    return WireWriter.inMemory(actors).object(message).bytes();
  }

  @Override
  public Object fromBinaryJava(byte[] bytes, @Nullable Class<?> manifest) {
    return new WireReader(bytes, actors).object(StageActor.Wire.class);
  }
}
