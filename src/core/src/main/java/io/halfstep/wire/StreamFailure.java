package io.halfstep.wire;

import com.esotericsoftware.kryo.KryoException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Kryo's streams wrap exceptions of the underlying streams; this class unwraps them. */
final class StreamFailure {
  private StreamFailure() {}

  static UncheckedIOException of(KryoException e) {
    return new UncheckedIOException(
        e.getCause() instanceof IOException cause ? cause : new IOException(e.getMessage(), e));
  }
}
