package io.halfstep.protocol;

import io.halfstep.quantizer.Encoding;
import java.util.SortedMap;
import java.util.TreeMap;

/** What travels from stage to stage, in order: batches, and the markers around a pass. */
public sealed interface Item {
  /** The bytes that count against an edge's credit. */
  default long bytes() {
    return 0;
  }

  /**
   * Some samples.
   *
   * @param id numbers the batches of a pass from 0; fixes the batch's random choices
   * @param samples how many samples it holds
   * @param activations by tensor name
   */
  record Batch(long id, int samples, SortedMap<String, Activation> activations) implements Item {
    /** A batch that holds only these tensors. */
    public Batch select(Iterable<String> names) {
      SortedMap<String, Activation> chosen = new TreeMap<>();
      for (String name : names) {
        chosen.put(name, activations.get(name));
      }
      return new Batch(id, samples, chosen);
    }

    @Override
    public long bytes() {
      return activations.values().stream().mapToLong(Activation::bytes).sum();
    }
  }

  /**
   * A pass begins.
   *
   * @param samples how many samples it will bring; 0 where that is not known
   */
  record PassStart(Pass pass, long samples) implements Item {}

  /**
   * A pass has ended: no more batches.
   *
   * @param encodings of the activations on the way here, as set at this end of the pass, by tensor
   *     name
   */
  record PassEnd(Pass pass, SortedMap<String, Encoding> encodings) implements Item {}

  /**
   * A barrier: what came before it belongs to a checkpoint, what comes after it does not.
   *
   * @param number of the checkpoint
   * @param batches of the pass that came before it
   * @param samples in these
   */
  record Checkpoint(long number, long batches, long samples) implements Item {}
}
