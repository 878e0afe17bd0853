package io.halfstep.checkpoint;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;

/**
 * What a stage has gathered, as a checkpoint keeps it. Both methods stream: what is large is never
 * one object.
 */
public interface StageState {
  void save(Output to) throws IOException;

  /** Takes over what {@link #save} wrote; called before the first item. */
  void restore(Input from) throws IOException;
}
