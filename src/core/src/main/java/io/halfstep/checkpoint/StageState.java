package io.halfstep.checkpoint;

import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;

/**
 * What a stage has gathered, as a checkpoint keeps it. Both methods stream: what is large is never
 * one object.
 */
public interface StageState {
  void save(WireWriter to) throws IOException;

  /** Takes over what {@link #save} wrote; called before the first item. */
  void restore(WireReader from) throws IOException;
}
