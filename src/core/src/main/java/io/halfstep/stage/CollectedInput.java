package io.halfstep.stage;

import io.halfstep.checkpoint.StageState;
import io.halfstep.distribution.LayerInput;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.statistics.HalvedMoments;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.NumberReader;
import io.halfstep.statistics.NumberWriter;
import io.halfstep.statistics.PatchBudget;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.RowPatches;
import io.halfstep.tensor.Tensor;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The input that a layer has collected: moments and, if needed, samples. */
final class CollectedInput implements StageState, AutoCloseable {
  private final Layer layer;
  private final Patches patches;
  private final float[] weight;
  private final long reservoirBytes;
  private final long seed;
  private @Nullable SampleReservoir reservoir;
  private @Nullable HalvedMoments moments;
  private long samples;
  private long leftOut;

  /**
   * @param weight the layer's, {@code [out, K]}
   * @param stored whether samples are needed
   * @param reservoirBytes the bytes of samples stored
   * @param seed of their random selection
   * @param expected the expected number of samples; 0 if unknown
   */
  CollectedInput(
      Layer layer, float[] weight, boolean stored, long reservoirBytes, long seed, long expected) {
    this.layer = layer;
    this.patches = PatchBudget.of(layer.patches(), expected);
    this.weight = weight;
    this.reservoirBytes = reservoirBytes;
    this.seed = seed;
    this.reservoir = stored ? new SampleReservoir(reservoirBytes, seed) : null;
  }

  /**
   * Adds a batch of the layer's input without padding; allocates memory with the first one.
   *
   * @param batch the batch of the input
   */
  void add(Activation input, Batch batch) {
    if (!input.isAligned()) {
      throw new InvalidInputException(
          "the shape of its input depends on values, %s in the float network and %s in the quantized one; leave it in float with skip = true in a plan"
              .formatted(
                  Arrays.toString(input.teacher().shape()),
                  Arrays.toString(input.student().shape())));
    }
    boolean rows = patches instanceof RowPatches && patches.keepsFirstAxis(input.teacher().rank());
    Mask mask = rows ? batch.mask() : null;
    for (Activation part : input.unpadded(mask)) {
      add(part, part.teacher() == input.teacher() ? batch.samples() : 1);
    }
  }

  /**
   * Adds a part of the input.
   *
   * @param batch the number of samples; if they don't divide its rows evenly, each row is one
   */
  private void add(Activation input, int batch) {
    int rows = rows(input.teacher());
    Activation finite = FiniteRows.of(input, rows);
    if (finite == null) {
      leftOut += rows;
      return;
    }
    int kept = rows(finite.teacher());
    leftOut += rows - kept;
    if (moments == null) {
      moments = accumulator(!input.isShared());
    }
    boolean whole = kept == rows && rows % batch == 0;
    Activation counted = isSequence(finite.teacher()) ? EqualPositions.of(finite) : finite;
    moments.add(counted.teacher(), counted.student(), whole ? batch : kept);
    if (reservoir != null) {
      reservoir.add(samples, finite.teacher(), finite.student());
    }
    samples += kept;
  }

  private HalvedMoments accumulator(boolean studentDiffers) {
    return new HalvedMoments(patches, weight, layer.layout().out(), studentDiffers);
  }

  /** Returns whether samples have several positions, each a row of its last axis. */
  private boolean isSequence(Tensor input) {
    return patches instanceof RowPatches && input.rank() > 2;
  }

  /** Returns the number of independent parts of the first axis: 1 if the layer sums over it. */
  private int rows(Tensor input) {
    boolean kept = input.rank() > 1 && patches.keepsFirstAxis(input.rank());
    return kept ? Math.toIntExact(input.dim(0)) : 1;
  }

  /**
   * Adds the inputs of earlier runs.
   *
   * @param weight of an earlier input
   * @param error that of the weight which earlier runs have rounded; null if it is unknown
   * @return how much more it costs with the inputs of this run; NaN if it is unknown
   */
  double add(WireReader earlier, double weight, float @Nullable [] error) throws IOException {
    if (moments == null) {
      return Double.NaN;
    }
    NumberReader from = new NumberReader(earlier.stream());
    if (error == null) {
      moments.addInputs(from, weight);
      return Double.NaN;
    }
    double cost = moments.squares(error);
    long positions = moments.positions();
    moments.addInputs(from, weight);
    double earlierCost = moments.squares(error) - cost;
    return (cost / positions) / (earlierCost / (moments.positions() - positions));
  }

  /** Writes the sums over the inputs, for {@link #add}. */
  void write(WireWriter to) throws IOException {
    if (moments != null) {
      moments.writeInputs(new NumberWriter(to.stream()));
    }
  }

  /**
   * Returns the moments and frees the memory of the sums.
   *
   * @throws InvalidInputException if there are none
   */
  List<Moments> finish() {
    if (moments == null) {
      throw new InvalidInputException(
          leftOut == 0
              ? "no batch came"
              : "its input is NaN or infinite in every sample; are the samples what the model"
                  + " expects?");
    }
    List<Moments> learned = moments.finish();
    close();
    return learned;
  }

  /**
   * Returns the moments that are known without samples.
   *
   * @param input null if nothing is known: all moments are 0, and weights are best rounded to
   *     nearest
   */
  List<Moments> implied(@Nullable LayerInput input) {
    try (HalvedMoments none = accumulator(false)) {
      List<Moments> empty = none.finish();
      return input == null ? empty : input.moments(empty);
    }
  }

  /** Returns the stored samples; null if there are none. */
  @Nullable LayerSamples stored() {
    if (reservoir == null) {
      return null;
    }
    Tensor bias = layer.bias();
    return new LayerSamples(
        reservoir,
        layer.patches(),
        bias == null ? new float[layer.layout().out()] : bias.floats(),
        layer.activation());
  }

  /** Returns the number of samples used. */
  long samples() {
    return samples;
  }

  /** Returns the number of samples left out because of NaN or infinity. */
  long leftOut() {
    return leftOut;
  }

  @Override
  public void save(WireWriter to) throws IOException {
    to.number(samples);
    to.number(leftOut);
    to.flag(moments != null);
    if (moments != null) {
      to.flag(moments.studentDiffers());
      moments.write(new NumberWriter(to.stream()));
    }
    if (reservoir != null) {
      List<SampleReservoir.Sample> stored = reservoir.samples();
      to.number(reservoir.bound());
      to.count(stored.size());
      for (SampleReservoir.Sample sample : stored) {
        to.number(sample.index());
        to.object(new Activation(sample.teacher(), sample.student()));
      }
    }
  }

  @Override
  public void restore(WireReader from) throws IOException {
    samples = from.number();
    leftOut = from.number();
    if (from.flag()) {
      moments = accumulator(from.flag());
      moments.read(new NumberReader(from.stream()));
    }
    if (reservoir != null) {
      long bound = from.number();
      List<SampleReservoir.Sample> stored = new ArrayList<>();
      for (int left = from.count(); left > 0; left--) {
        long index = from.number();
        Activation sample = from.object(Activation.class);
        stored.add(new SampleReservoir.Sample(index, sample.teacher(), sample.student()));
      }
      reservoir = SampleReservoir.of(reservoirBytes, seed, bound, stored);
    }
  }

  @Override
  public void close() {
    if (moments != null) {
      moments.close();
      moments = null;
    }
  }
}
