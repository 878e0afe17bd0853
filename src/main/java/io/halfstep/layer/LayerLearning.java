package io.halfstep.layer;

import static java.util.Objects.requireNonNull;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.model.Attributes;
import io.halfstep.plan.LayerPlan;
import io.halfstep.quantizer.Encoding;
import io.halfstep.ranges.GuardedEncoding;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.ScaleBounds;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.statistics.NumberReader;
import io.halfstep.statistics.NumberWriter;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a layer learns its integers from, and how: moments while batches pass, then ranges, then
 * rounding.
 */
final class LayerLearning implements StageState, AutoCloseable {
  private final Layer layer;
  private final LayerPlan plan;
  private final long seed;
  private final float[] weight;
  private final long reservoirBytes;
  private @Nullable SampleReservoir reservoir;
  private @Nullable MomentsAccumulator moments;
  private long samples;
  private long leftOut;

  /**
   * Learning starts.
   *
   * @param seed fixes the layer's random choices
   * @param reservoirBytes how many bytes of samples are stored, if the solver works from samples
   */
  LayerLearning(Layer layer, LayerPlan plan, long seed, long reservoirBytes) {
    this.layer = layer;
    this.plan = plan;
    this.seed = seed;
    this.weight = layer.layout().toRows(layer.weight().floats());
    this.reservoirBytes = reservoirBytes;
    this.reservoir =
        plan.rounding() == RoundingMethod.ADAROUND_SAMPLES
            ? new SampleReservoir(reservoirBytes, seed)
            : null;
  }

  /** Takes in a batch of the layer's input; what it needs for that it takes with the first. */
  void collect(Activation input) {
    if (!input.isAligned()) {
      throw new InvalidInputException(
          "the shape of its input depends on values, %s in the float network and %s in the quantized one; leave it in float with skip = true in a plan"
              .formatted(
                  Arrays.toString(input.teacher().shape()),
                  Arrays.toString(input.student().shape())));
    }
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
    moments.add(finite.teacher(), finite.student());
    if (reservoir != null) {
      reservoir.add(samples, finite.teacher(), finite.student());
    }
    samples += kept;
  }

  private MomentsAccumulator accumulator(boolean studentDiffers) {
    return new MomentsAccumulator(layer.patches(), weight, layer.layout().out(), studentDiffers);
  }

  /** How many parts of the first axis the layer sees apart: not where that axis is summed over. */
  private int rows(Tensor input) {
    boolean summed = input.rank() < 2 || Attributes.of(layer.node()).integer("transA", 0) != 0;
    return summed ? 1 : Math.toIntExact(input.dim(0));
  }

  /**
   * Sets the weight's ranges and rounds it.
   *
   * @param input the encoding of the layer's input, or null where it stays in float
   */
  RunEvent.Rounded round(@Nullable Encoding input, Rounder.Control control) {
    if (moments == null) {
      throw new InvalidInputException(
          leftOut == 0
              ? "no batch came"
              : "its input is NaN or infinite in every sample; are the samples what the model"
                  + " expects?");
    }
    long start = System.nanoTime();
    GuardedEncoding guarded = encoding(input);
    List<Moments> learned = finish();
    RoundingProblem problem =
        new RoundingProblem(
            weight,
            layer.layout().out(),
            layer.layout().k(),
            guarded.encoding(),
            learned,
            seed,
            stored(),
            scaleBounds(input));
    RoundingSolution solution = Rounder.of(plan.rounding(), plan.effort()).solve(problem, control);
    return new RunEvent.Rounded(
        layer.name(),
        solution.weight(),
        plan.rounding().label(),
        solution.loss(),
        solution.nearestLoss(),
        solution.flips(),
        (System.nanoTime() - start) / 1e9,
        note(guarded, learned.size() / layer.layout().groups(), solution));
  }

  /** What has been learned; the accumulator's memory goes before the solver comes. */
  private List<Moments> finish() {
    MomentsAccumulator accumulator = requireNonNull(moments, "no batch");
    List<Moments> learned = accumulator.finish();
    close();
    return learned;
  }

  private String note(GuardedEncoding guarded, int pieces, RoundingSolution solution) {
    List<String> notes = new ArrayList<>();
    if (!guarded.raised().isEmpty()) {
      notes.add("scale raised so that the int32 bias fits, in channels " + guarded.raised());
    }
    if (pieces > 1) {
      notes.add(
          "rows of %d weights were rounded in %d pieces; the loss is an upper bound"
              .formatted(layer.layout().k(), pieces));
    }
    if (plan.rounding() == RoundingMethod.EXACT) {
      notes.add(
          "proved to be optimal: %d of %d rows".formatted(solution.proven(), layer.layout().out()));
    }
    if (leftOut > 0) {
      notes.add(
          "its input was NaN or infinite in %d of %d samples, which were left out"
              .formatted(leftOut, leftOut + samples));
    }
    return String.join("; ", notes);
  }

  private GuardedEncoding encoding(@Nullable Encoding input) {
    Encoding chosen =
        WeightRanges.encode(
            weight,
            layer.layout().out(),
            layer.layout().k(),
            plan.bits(),
            plan.granularity(),
            plan.symmetric(),
            plan.ranges());
    Tensor bias = layer.bias();
    return bias == null || input == null
        ? new GuardedEncoding(chosen, List.of())
        : WeightRanges.guardBias(chosen, bias.floats(), input.scale(0));
  }

  private @Nullable ScaleBounds scaleBounds(@Nullable Encoding input) {
    if (!plan.learnsScales()) {
      return null;
    }
    Tensor bias = layer.bias();
    return bias == null || input == null
        ? new ScaleBounds(new float[layer.layout().out()])
        : new ScaleBounds(WeightRanges.leastScales(bias.floats(), input.scale(0)));
  }

  private @Nullable LayerSamples stored() {
    if (reservoir == null) {
      return null;
    }
    Tensor bias = layer.bias();
    return new LayerSamples(
        reservoir,
        layer.patches(),
        bias == null ? new float[layer.layout().out()] : bias.floats(),
        layer.activation() == Layer.ActivationFunction.RELU);
  }

  @Override
  public void save(Output to) throws IOException {
    to.writeLong(samples);
    to.writeLong(leftOut);
    to.writeBoolean(moments != null);
    if (moments != null) {
      to.writeBoolean(moments.studentDiffers());
      moments.write(new NumberWriter(to));
    }
    if (reservoir != null) {
      List<SampleReservoir.Sample> stored = reservoir.samples();
      to.writeLong(reservoir.bound());
      to.writeInt(stored.size());
      for (SampleReservoir.Sample sample : stored) {
        to.writeLong(sample.index());
        WireKryo.write(to, new Activation(sample.teacher(), sample.student()));
      }
    }
  }

  @Override
  public void restore(Input from) throws IOException {
    samples = from.readLong();
    leftOut = from.readLong();
    if (from.readBoolean()) {
      moments = accumulator(from.readBoolean());
      moments.read(new NumberReader(from));
    }
    if (reservoir != null) {
      long bound = from.readLong();
      List<SampleReservoir.Sample> stored = new ArrayList<>();
      for (int left = from.readInt(); left > 0; left--) {
        long index = from.readLong();
        Activation sample = (Activation) WireKryo.read(from);
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
