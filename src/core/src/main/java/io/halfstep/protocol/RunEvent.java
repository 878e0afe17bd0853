package io.halfstep.protocol;

import io.halfstep.failure.Fault;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.OutputMeans;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.Decibels;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** An event that a stage reports to its run. */
public sealed interface RunEvent extends StageActor.Wire {
  /** The stage has set the ranges of its output tensors. */
  record RangesSet(
      StageId stage,
      SortedMap<String, Encoding> encodings,
      SortedMap<String, ActivationStatistics> statistics)
      implements RunEvent {}

  /**
   * A layer is rounded.
   *
   * @param rounding the solver's label
   * @param loss L of the solution
   * @param nearestLoss L of rounding to nearest
   * @param flips weights that differ from nearest
   * @param seconds in the solver
   * @param note for the user, or empty
   * @param means to correct its bias; null if it stays as it is
   */
  record Rounded(
      String layer,
      QuantizedWeight weight,
      String rounding,
      double loss,
      double nearestLoss,
      int flips,
      double seconds,
      String note,
      @Nullable OutputMeans means)
      implements RunEvent {
    /**
     * Returns the layer rounded to nearest with the same encoding.
     *
     * @param rows the real weight, {@code [out, K]}
     */
    public Rounded toNearest(float[] rows) {
      return new Rounded(
          layer,
          weight.nearest(rows),
          "nearest",
          nearestLoss,
          nearestLoss,
          0,
          seconds,
          note,
          means);
    }

    /** Returns the layer's bias, corrected for the weight; null if it has none. */
    public @Nullable Tensor bias(@Nullable Tensor bias) {
      return bias == null || means == null ? bias : means.correct(bias, weight);
    }
  }

  /**
   * A block has learned.
   *
   * @param block the block
   * @param pass in which it learned
   * @param layers with what they learned; empty if that was no better than before
   * @param activations the encodings with learned steps, by tensor
   * @param before the error of the block's outputs in proportion to their signal, on the samples
   *     that it learned from
   * @param after the same with what it learned
   * @param note for the user, if it could not learn; or empty
   */
  record Learned(
      StageId block,
      Pass pass,
      List<Rounded> layers,
      SortedMap<String, Encoding> activations,
      double before,
      double after,
      String note)
      implements RunEvent {}

  /**
   * The error of a layer at each width, for the choice of a width within a budget.
   *
   * @param losses L of the solution, by the bits per weight
   */
  record Sensitivity(String layer, SortedMap<Integer, Double> losses) implements RunEvent {}

  /**
   * How far an activation's values have moved from those of earlier runs, with which its quantizer
   * was calibrated.
   *
   * @param clipped by how much the share of the values that the earlier encoding clips has grown,
   *     −1 to 1
   * @param distance the Wasserstein distance of order 1, in standard deviations of earlier values
   */
  record RangeDrift(String tensor, double clipped, double distance) implements RunEvent {}

  /**
   * How much more a layer's earlier rounding costs with the values of this run than with those of
   * earlier runs.
   *
   * @param ratio {@code tr(E Ĝ Eᵀ) / tr(E Ĝ₀ Eᵀ)}, with E the rounding error of the layer's weight
   */
  record LossDrift(String layer, double ratio) implements RunEvent {}

  /**
   * Teacher against student over a whole pass.
   *
   * @param name a layer, or an output of the graph
   * @param signal Σ y²
   * @param noise Σ (y − ŷ)²
   */
  record Measured(String name, boolean output, double signal, double noise) implements RunEvent {
    /** Returns the signal-to-noise ratio in dB; see {@link Decibels#of}. */
    public double decibels() {
      return Decibels.of(signal, noise);
    }
  }

  /**
   * The student's predictions against the teacher's over a whole comparison.
   *
   * @param places of predictions: samples, or positions of sequences and segmentations
   * @param changed places where they differ
   */
  record Predicted(String output, long places, long changed) implements RunEvent {}

  /** A stage has processed a number of samples of a pass. */
  record Advanced(StageId stage, Pass pass, Activity activity, long samples, double share)
      implements RunEvent {}

  /**
   * The waiting bytes of a stage have changed.
   *
   * @param waitingBytes of batches that it has not begun, or whose outputs wait for credit, except
   *     batches kept while a branch learns
   * @param creditBytes the least credit of its consumers; −1 if there are none
   */
  record Queued(StageId stage, long waitingBytes, long creditBytes) implements RunEvent {}

  /** The current activity of a stage. */
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

  /**
   * The end of a pass has passed the whole graph.
   *
   * @param positions of sequences, if the network has a mask
   * @param padding the positions among them that were left out
   */
  record PassCompleted(Pass pass, long samples, long positions, long padding) implements RunEvent {}

  /**
   * A stage has failed.
   *
   * @param batch the current batch, or −1
   * @param fault the kind of cause
   */
  record Failed(StageId stage, long batch, String message, Fault fault) implements RunEvent {}

  /** A checkpoint's barrier has entered the graph, after the given batches and samples. */
  record CheckpointBegun(long number, Pass pass, long batches, long samples) implements RunEvent {}

  /**
   * A stage's part of a checkpoint is durable.
   *
   * @param number of the checkpoint
   * @param rounded whether it is a layer's integers, which are written once and belong to all later
   *     checkpoints, or the stage's state at the barrier
   * @param file in the checkpoints' folder
   * @param bytes of the content
   * @param checksum CRC32C of the content
   */
  record Saved(long number, StageId stage, boolean rounded, String file, long bytes, int checksum)
      implements RunEvent {}

  /**
   * A stage's part of a checkpoint could not be written. Unless it is too large, it is kept in
   * memory to be written later.
   *
   * @param file its intended name
   */
  record NotSaved(long number, StageId stage, boolean rounded, String file, String message)
      implements RunEvent {}
}
