package io.halfstep.wire;

import akka.actor.ExtendedActorSystem;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.javadsl.Adapter;
import akka.serialization.JSerializer;
import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.Pool;
import io.halfstep.protocol.StageActor;
import org.jspecify.annotations.Nullable;

/** Akka's serializer for every {@link StageActor.Wire} message, over {@link WireKryo}. */
public final class KryoSerializer extends JSerializer {
  private final Pool<Kryo> kryos;

  /** Called by Akka. */
  public KryoSerializer(ExtendedActorSystem system) {
    ActorRefResolver resolver = ActorRefResolver.get(Adapter.toTyped(system));
    kryos =
        new Pool<>(true, false, 16) {
          @Override
          protected Kryo create() {
            return WireKryo.configured(resolver);
          }
        };
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
    Kryo kryo = kryos.obtain();
    try {
      Output output = new Output(4096, -1);
      kryo.writeClassAndObject(output, message);
      return output.toBytes();
    } finally {
      kryos.free(kryo);
    }
  }

  @Override
  public Object fromBinaryJava(byte[] bytes, @Nullable Class<?> manifest) {
    Kryo kryo = kryos.obtain();
    try {
      return kryo.readClassAndObject(new Input(bytes));
    } finally {
      kryos.free(kryo);
    }
  }
}
