package io.halfstep.wire;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;
import io.halfstep.protocol.StageActor;
import java.io.EOFException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a {@link WireWriter} wrote. Throws {@link java.io.UncheckedIOException} if the stream
 * fails or ends too early, and {@link IllegalArgumentException}, {@link ArithmeticException} or
 * {@link ClassCastException} for invalid content.
 */
public final class WireReader implements AutoCloseable {
  private final Stream in;
  private final @Nullable ActorRefResolver actors;

  private WireReader(Stream in, @Nullable ActorRefResolver actors) {
    this.in = in;
    this.actors = actors;
  }

  /** Reads from a stream, in chunks. */
  public WireReader(InputStream stream, int chunk) {
    this(new Stream(stream, chunk), null);
  }

  /** Reads from memory. */
  public WireReader(byte[] bytes) {
    this(new Stream(bytes), null);
  }

  /** Reads from memory, with actor references. */
  WireReader(byte[] bytes, ActorRefResolver actors) {
    this(new Stream(bytes), actors);
  }

  public boolean flag() {
    return in.readBoolean();
  }

  public long number() {
    return in.readVarLong(false);
  }

  public int integer() {
    return Math.toIntExact(number());
  }

  public int count() {
    int count = in.readVarInt(true);
    if (count < 0) {
      throw new IllegalArgumentException("a count of " + count);
    }
    return count;
  }

  /** Fails before memory is taken for more than is left; of a stream, that is unknown. */
  void expect(long bytes) {
    in.expect(bytes);
  }

  int count(int bytesEach) {
    int count = count();
    expect((long) count * bytesEach);
    return count;
  }

  public float real32() {
    return in.readFloat();
  }

  public double real64() {
    return in.readDouble();
  }

  public String text() {
    String text = in.readString();
    if (text == null) {
      throw new IllegalArgumentException("no text");
    }
    return text;
  }

  public int[] integers() {
    return in.readInts(count(1), false);
  }

  public long[] numbers() {
    return in.readLongs(count(1), false);
  }

  public float[] reals() {
    return in.readFloats(count(Float.BYTES));
  }

  public void bytes(byte[] to, int count) {
    in.readBytes(to, 0, count);
  }

  /** Reads an object of this type. */
  public <T> T object(Class<T> type) {
    return type.cast(Forms.read(this));
  }

  /** Reads an object of this type; null if there is none. */
  public <T> @Nullable T optional(Class<T> type) {
    return flag() ? object(type) : null;
  }

  /** Reads objects of this type, by name. */
  public <T> SortedMap<String, T> map(Class<T> type) {
    SortedMap<String, T> values = new TreeMap<>();
    for (int left = count(); left > 0; left--) {
      values.put(text(), object(type));
    }
    return values;
  }

  ActorRef<StageActor.Command> actor() {
    if (actors == null) {
      throw new IllegalArgumentException("an actor reference, which only the network has");
    }
    return actors.resolveActorRef(text());
  }

  /** Returns the stream, for objects that read themselves. */
  public InputStream stream() {
    return in;
  }

  @Override
  public void close() {
    in.close();
  }

  private static final class Stream extends Input {
    Stream(InputStream stream, int chunk) {
      super(stream, chunk);
    }

    Stream(byte[] bytes) {
      super(bytes);
    }

    @Override
    protected int require(int bytes) {
      try {
        return super.require(bytes);
      } catch (KryoException e) {
        throw StreamFailure.of(e);
      }
    }

    /** The length of a text plus 1, for which Kryo takes memory at once. */
    @Override
    public int readVarIntFlag(boolean optimizePositive) {
      int length = super.readVarIntFlag(optimizePositive);
      if (length < 0) {
        throw new IllegalArgumentException("a text of length " + length);
      }
      expect(length - 1L);
      return length;
    }

    void expect(long bytes) {
      int left = limit() - position();
      if (getInputStream() == null && bytes > left) {
        throw new UncheckedIOException(
            new EOFException("%d bytes are left, expected %d".formatted(left, bytes)));
      }
    }
  }
}
