package io.halfstep.layer;

import io.halfstep.failure.Fault;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Decibels;
import java.util.SortedMap;

/** What a stage tells the run that it belongs to. */
public sealed interface RunEvent extends StageActor.Wire {
  /** The stage has set the ranges of the tensors that it makes. */
  record RangesSet(
      String stage,
      SortedMap<String, Encoding> encodings,
      SortedMap<String, ActivationStatistics> statistics)
      implements RunEvent {}

  /**
   * A layer has its integers.
   *
   * @param rounding the solver's label
   * @param loss L of the solution
   * @param nearestLoss L of rounding to nearest
   * @param flips weights that differ from nearest
   * @param seconds in the solver
   * @param note for the user, or empty
   */
  record Rounded(
      String layer,
      QuantizedWeight weight,
      String rounding,
      double loss,
      double nearestLoss,
      int flips,
      double seconds,
      String note)
      implements RunEvent {}

  /**
   * Teacher against student over a whole pass.
   *
   * @param name a layer, or an output of the graph
   * @param signal Σ y²
   * @param noise Σ (y − ŷ)²
   */
  record Measured(String name, boolean output, double signal, double noise) implements RunEvent {
    /** Signal to noise in dB; see {@link Decibels#of}. */
    public double decibels() {
      return Decibels.of(signal, noise);
    }
  }

  /** A stage has dealt with so many samples of a pass. */
  record Advanced(String stage, Pass pass, Activity activity, long samples, double share)
      implements RunEvent {}

  /**
   * What waits at a stage has changed.
   *
   * @param waitingBytes of batches that it has not begun with, or that it made and its consumers do
   *     not take yet; what is kept while a branch learns is not among them
   * @param creditBytes what its consumers still take, the least of them; −1 where there are none
   */
  record Queued(String stage, long waitingBytes, long creditBytes) implements RunEvent {}

  /** What a stage is at. */
  enum Activity {
    RELAYING,
    COLLECTING,
    OPTIMIZING,
    FORWARDING
  }

  /**
   * The graph's outputs of one of the last pass's first batches, for a comparison with the exported
   * model.
   */
  record OutputsKept(Item.Batch outputs) implements RunEvent {}

  /** The end of a pass has come through the whole graph. */
  record PassCompleted(Pass pass, long samples) implements RunEvent {}

  /**
   * A stage can't go on.
   *
   * @param batch the batch it was at, or −1
   * @param fault what it is due to
   */
  record Failed(String stage, long batch, String message, Fault fault) implements RunEvent {}

  /** A checkpoint's barrier has entered the graph: behind so many batches and samples. */
  record CheckpointBegun(long number, Pass pass, long batches, long samples) implements RunEvent {}

  /**
   * A stage's part of a checkpoint is on the disk.
   *
   * @param number of the checkpoint
   * @param stage the actor's name
   * @param rounded whether it is a layer's integers, which are written once and belong to all later
   *     checkpoints, or the stage's state at the barrier
   * @param file in the checkpoints' folder
   * @param bytes of the content
   * @param checksum CRC32C of the content
   */
  record Saved(long number, String stage, boolean rounded, String file, long bytes, int checksum)
      implements RunEvent {}

  /**
   * A stage's part of a checkpoint could not be written. The {@link StateFolder} keeps it, unless
   * it is too much, so that it can be written later.
   *
   * @param file that it was to be
   */
  record NotSaved(long number, String stage, boolean rounded, String file, String message)
      implements RunEvent {}
}
