package io.halfstep.checkpoint;

import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;

/**
 * The state of a stage that a checkpoint saves. Both methods stream, so that large data are never
 * one object.
 */
public interface StageState {
  void save(WireWriter to) throws IOException;

  /** Restores what {@link #save} wrote; called before the first item. */
  void restore(WireReader from) throws IOException;
}
