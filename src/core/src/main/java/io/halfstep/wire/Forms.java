package io.halfstep.wire;

import akka.actor.typed.ActorRefResolver;
import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
import com.esotericsoftware.kryo.util.Pool;
import io.halfstep.failure.Fault;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Histogram;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.objenesis.strategy.StdInstantiatorStrategy;

/**
 * Kryo for what crosses a wire or a disk. Registration is required and every class has its number
 * here: numbers are never given twice, and what was written under one is read under it for ever.
 */
public final class WireKryo {
  private static final Pool<Kryo> KRYOS =
      new Pool<>(true, false, 16) {
        @Override
        protected Kryo create() {
          return configured(null);
        }
      };

  private WireKryo() {}

  /** A Kryo that can also write actor references, if it is given a resolver. */
  static Kryo configured(@Nullable ActorRefResolver resolver) {
    Kryo kryo = new Kryo();
    kryo.setRegistrationRequired(true);
    kryo.setReferences(false);
    kryo.setInstantiatorStrategy(new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
    kryo.register(byte[].class, 20);
    kryo.register(int[].class, 21);
    kryo.register(long[].class, 22);
    kryo.register(float[].class, 23);
    kryo.register(double[].class, 24);
    kryo.register(TreeMap.class, 25);
    kryo.register(ElementType.class, 30);
    kryo.register(Tensor.class, new TensorSerializer(), 31);
    kryo.register(Activation.class, new ActivationSerializer(), 32);
    kryo.register(Grid.class, 33);
    kryo.register(Encoding.class, new EncodingSerializer(), 34);
    kryo.register(QuantizedWeight.class, 35);
    kryo.register(ActivationStatistics.class, 36);
    kryo.register(Histogram.class, 37);
    kryo.register(Pass.class, 40);
    kryo.register(Item.Batch.class, 41);
    kryo.register(Item.PassStart.class, 42);
    kryo.register(Item.PassEnd.class, 43);
    kryo.register(Item.Checkpoint.class, 44);
    kryo.register(StageActor.Offer.class, 50);
    kryo.register(StageActor.Credit.class, 51);
    kryo.register(RunEvent.Activity.class, 60);
    kryo.register(RunEvent.RangesSet.class, 61);
    kryo.register(RunEvent.Rounded.class, 62);
    kryo.register(RunEvent.Measured.class, 63);
    kryo.register(RunEvent.Advanced.class, 64);
    kryo.register(RunEvent.PassCompleted.class, 65);
    kryo.register(RunEvent.Failed.class, 66);
    kryo.register(RunEvent.CheckpointBegun.class, 67);
    kryo.register(RunEvent.Saved.class, 68);
    kryo.register(RunEvent.NotSaved.class, 69);
    kryo.register(RunEvent.Queued.class, 71);
    kryo.register(RunEvent.OutputsKept.class, 72);
    kryo.register(Fault.class, 73);
    if (resolver != null) {
      kryo.register(StageActor.Connect.class, new ConnectSerializer(resolver), 52);
    }
    return kryo;
  }

  public static void write(Output output, Object object) {
    Kryo kryo = KRYOS.obtain();
    try {
      kryo.writeClassAndObject(output, object);
    } finally {
      KRYOS.free(kryo);
    }
  }

  public static Object read(Input input) {
    Kryo kryo = KRYOS.obtain();
    try {
      return kryo.readClassAndObject(input);
    } finally {
      KRYOS.free(kryo);
    }
  }
}
