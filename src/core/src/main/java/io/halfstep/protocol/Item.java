package io.halfstep.protocol;

import io.halfstep.quantizer.Encoding;
import io.halfstep.tensor.Mask;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An item of the stream between stages: a batch, or a marker of a pass. */
public sealed interface Item {
  /** Returns the bytes that count against an edge's credit. */
  default long bytes() {
    return 0;
  }

  /**
   * A batch of samples.
   *
   * @param id numbers the batches of a pass from 0; seeds the batch's random choices
   * @param samples the number of samples
   * @param activations by tensor name
   * @param mask of the batch's padding; null if the model has none
   */
  record Batch(long id, int samples, SortedMap<String, Activation> activations, @Nullable Mask mask)
      implements Item {
    /** A batch without padding. */
    public Batch(long id, int samples, SortedMap<String, Activation> activations) {
      this(id, samples, activations, null);
    }

    /** Returns the same samples with other activations. */
    public Batch with(SortedMap<String, Activation> others) {
      return new Batch(id, samples, others, mask);
    }

    /** Returns a batch with only these tensors. */
    public Batch select(Iterable<String> names) {
      SortedMap<String, Activation> chosen = new TreeMap<>();
      for (String name : names) {
        chosen.put(name, activations.get(name));
      }
      return with(chosen);
    }

    @Override
    public long bytes() {
      return activations.values().stream().mapToLong(Activation::bytes).sum();
    }
  }

  /**
   * A pass begins.
   *
   * @param samples the number of samples in it; 0 if unknown
   * @param settled the encodings of all activations that are quantized for all their readers, by
   *     tensor name; empty if only layers read quantized inputs, or if ranges are yet to be set
   */
  record PassStart(Pass pass, long samples, SortedMap<String, Encoding> settled) implements Item {
    /** A pass that sets ranges itself. */
    public PassStart(Pass pass, long samples) {
      this(pass, samples, new TreeMap<>());
    }
  }

  /**
   * A pass has ended: no more batches.
   *
   * @param encodings of the activations of all earlier stages, set at this end of the pass, by
   *     tensor name; those of the pass's start, if they were settled
   */
  record PassEnd(Pass pass, SortedMap<String, Encoding> encodings) implements Item {}

  /**
   * A barrier: items before it belong to a checkpoint, items after it do not.
   *
   * @param number of the checkpoint
   * @param batches of the pass before it
   * @param samples in these
   */
  record Checkpoint(long number, long batches, long samples) implements Item {}
}
