package io.halfstep.wire;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.protocol.StageActor;
import java.io.OutputStream;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes values one after another; a {@link WireReader} reads them in the same order. Failures of
 * the stream are thrown as {@link java.io.UncheckedIOException}.
 */
public final class WireWriter implements AutoCloseable {
  private final Output out;
  private final @Nullable ActorRefResolver actors;

  private WireWriter(Output out, @Nullable ActorRefResolver actors) {
    this.out = out;
    this.actors = actors;
  }

  /** Writes to a stream, in chunks. */
  public WireWriter(OutputStream stream, int chunk) {
    this(new Stream(stream, chunk), null);
  }

  /**
   * Writes to memory.
   *
   * @param most the largest number of bytes; −1 for no limit
   */
  public static WireWriter inMemory(int most) {
    return new WireWriter(new Memory(most), null);
  }

  /** Writes to memory, with actor references. */
  static WireWriter inMemory(ActorRefResolver actors) {
    return new WireWriter(new Memory(-1), actors);
  }

  /** Returns the bytes written to memory. */
  public byte[] bytes() {
    return out.toBytes();
  }

  public WireWriter flag(boolean value) {
    out.writeBoolean(value);
    return this;
  }

  /** Writes an integer; small ones take fewer bytes. */
  public WireWriter number(long value) {
    out.writeVarLong(value, false);
    return this;
  }

  /** Writes an integer that is not negative. */
  public WireWriter count(int value) {
    out.writeVarInt(value, true);
    return this;
  }

  public WireWriter real(float value) {
    out.writeFloat(value);
    return this;
  }

  public WireWriter real(double value) {
    out.writeDouble(value);
    return this;
  }

  public WireWriter text(String value) {
    out.writeString(value);
    return this;
  }

  public WireWriter numbers(int[] values) {
    count(values.length);
    out.writeInts(values, 0, values.length, false);
    return this;
  }

  public WireWriter numbers(long[] values) {
    count(values.length);
    out.writeLongs(values, 0, values.length, false);
    return this;
  }

  public WireWriter reals(float[] values) {
    count(values.length);
    out.writeFloats(values, 0, values.length);
    return this;
  }

  public WireWriter bytes(byte[] values, int count) {
    out.writeBytes(values, 0, count);
    return this;
  }

  /** Writes an object of any class in {@link Forms}, with the number and version of its form. */
  public WireWriter object(Object value) {
    Forms.write(this, value);
    return this;
  }

  /** Writes an object, or that there is none. */
  public WireWriter optional(@Nullable Object value) {
    return value == null ? flag(false) : flag(true).object(value);
  }

  /** Writes objects of any of these classes, by name. */
  public WireWriter map(SortedMap<String, ?> values) {
    count(values.size());
    values.forEach((name, value) -> text(name).object(value));
    return this;
  }

  /** Writes an actor's address. */
  WireWriter actor(ActorRef<StageActor.Command> actor) {
    return text(
        requireNonNull(actors, "an actor reference is written to the network only")
            .toSerializationFormat(actor));
  }

  /** Returns the stream, for objects that write themselves. */
  public OutputStream stream() {
    return out;
  }

  @Override
  public void close() {
    out.close();
  }

  private static final class Stream extends Output {
    Stream(OutputStream stream, int chunk) {
      super(stream, chunk);
    }

    @Override
    public void flush() {
      try {
        super.flush();
      } catch (KryoException e) {
        throw StreamFailure.of(e);
      }
    }
  }

  private static final class Memory extends Output {
    Memory(int most) {
      super(1 << 12, most);
    }

    @Override
    protected boolean require(int bytes) {
      try {
        return super.require(bytes);
      } catch (KryoException e) {
        throw StreamFailure.of(e);
      }
    }
  }
}
