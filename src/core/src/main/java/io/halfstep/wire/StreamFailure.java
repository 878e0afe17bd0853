package io.halfstep.wire;

import com.esotericsoftware.kryo.KryoException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Kryo's streams wrap what the streams below them throw; here it comes out again. */
final class StreamFailure {
  private StreamFailure() {}

  static UncheckedIOException of(KryoException e) {
    return new UncheckedIOException(
        e.getCause() instanceof IOException cause ? cause : new IOException(e.getMessage(), e));
  }
}
