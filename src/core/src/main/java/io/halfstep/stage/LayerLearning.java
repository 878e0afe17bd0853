package io.halfstep.stage;

import io.halfstep.checkpoint.StageState;
import io.halfstep.distribution.LayerInput;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.levels.WeightLevelChoice;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.PlanSettings;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.BiasPolicy;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.OutputMeans;
import io.halfstep.quantizer.PairBound;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.ranges.GuardedEncoding;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.ScaleBounds;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.statistics.Moments;
import io.halfstep.tensor.NonFinite;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Rounds a layer: collects its inputs while batches pass, then sets ranges and rounds. */
final class LayerLearning implements StageState, AutoCloseable {
  private final Layer layer;
  private final LayerPlan plan;
  private final long seed;
  private final @Nullable LayerInput implied;
  private final boolean isDynamic;
  private final float[] weight;
  private final Rounder solver;
  private final CollectedInput collected;
  private RunEvent.@Nullable Sensitivity sensitivity;

  /**
   * Starts learning.
   *
   * @param seed of the layer's random choices
   * @param implied what is known of its input without samples; null if nothing is
   * @param reservoirBytes the bytes of samples stored, if the solver works from samples
   * @param expected the expected number of samples; 0 if unknown
   */
  LayerLearning(
      Layer layer,
      LayerPlan plan,
      long seed,
      @Nullable LayerInput implied,
      long reservoirBytes,
      long expected) {
    this.layer = layer;
    this.plan = plan;
    this.seed = seed;
    this.implied = implied;
    this.isDynamic = DynamicInput.isOf(layer, plan);
    this.weight = layer.layout().toRows(layer.weight().floats());
    this.solver = Rounders.of(plan.rounding(), plan.effort());
    boolean stored = solver.usesSamples(layer.activation());
    this.collected = new CollectedInput(layer, weight, stored, reservoirBytes, seed, expected);
  }

  /** Adds a batch of the layer's input. */
  void collect(Activation input, Batch batch) {
    collected.add(input, batch);
  }

  /**
   * Adds the inputs of earlier runs.
   *
   * @param rounded by the run before; null if it is unknown
   * @return how much more its error costs with the inputs of this run; NaN if that is unknown
   */
  double add(WireReader earlier, double inputWeight, @Nullable QuantizedWeight rounded)
      throws IOException {
    float[] error = rounded == null ? null : rounded.dequantize();
    for (int i = 0; error != null && i < error.length; i++) {
      error[i] -= weight[i];
    }
    return collected.add(earlier, inputWeight, error);
  }

  /** Writes the sums over the inputs, for {@link #add}. */
  void write(WireWriter to) throws IOException {
    collected.write(to);
  }

  /**
   * Sets the weight's ranges and rounds it.
   *
   * @param input the encoding of the layer's input, or null if it stays in float
   * @return the layer's candidates; one, if there is nothing to repair
   */
  Map<Candidate, RunEvent.Rounded> round(@Nullable Encoding input, RoundingControl control) {
    List<Moments> learned = collected.finish();
    Map<Candidate, RunEvent.Rounded> candidates = new EnumMap<>(Candidate.class);
    candidates.put(Candidate.ROUNDED, round(learned, input, control));
    sensitivity = plan.isBudgeted() ? sensitivity(learned, control) : null;
    boolean repairs = learned.get(0).studentDiffers() && plan.isOptimized();
    if (repairs && collected.stored() == null) {
      List<Moments> unrepaired = learned.stream().map(Moments::unrepaired).toList();
      candidates.put(Candidate.UNREPAIRED, round(unrepaired, input, control));
    }
    return candidates;
  }

  /** Returns L at each width, once the layer is rounded; null if its width is decided. */
  RunEvent.@Nullable Sensitivity sensitivity() {
    return sensitivity;
  }

  private RunEvent.Sensitivity sensitivity(List<Moments> learned, RoundingControl control) {
    SortedMap<Integer, Double> losses = new TreeMap<>();
    for (int bits = PlanSettings.LEAST_BITS; bits <= PlanSettings.MOST_BITS; bits++) {
      LayerLearning other = new LayerLearning(layer, plan.withBits(bits), seed, null, 0, 0);
      losses.put(bits, other.round(learned, null, control).loss());
    }
    return new RunEvent.Sensitivity(layer.name(), losses);
  }

  /** Does the same without samples, from the moments that are implied. */
  Map<Candidate, RunEvent.Rounded> derive(@Nullable Encoding input, RoundingControl control) {
    return Map.of(Candidate.ROUNDED, round(collected.implied(implied), input, control));
  }

  private RunEvent.Rounded round(
      List<Moments> learned, @Nullable Encoding input, RoundingControl control) {
    long start = System.nanoTime();
    Granularity granularity = granularity();
    PairBound pairs = KernelBound.of(layer, weight, plan, factors(input));
    GuardedEncoding guarded = encoding(granularity, input, learned, pairs);
    RoundingProblem problem =
        new RoundingProblem(
            weight,
            layer.layout().out(),
            layer.layout().k(),
            guarded.encoding(),
            learned,
            seed,
            collected.stored(),
            scaleBounds(guarded.encoding(), input, pairs),
            plan.reach(),
            plan.keepsZeros(),
            pairs);
    RoundingSolution solution = solver.solve(problem, control);
    return new RunEvent.Rounded(
        layer.name(),
        solution.weight(),
        plan.rounding().label(),
        solution.loss(),
        solution.nearestLoss(),
        solution.flips(),
        (System.nanoTime() - start) / 1e9,
        note(granularity, guarded, pairs, learned.size() / layer.layout().groups(), solution),
        means(learned));
  }

  /** The means for the bias; null if there is none, or if they are unknown. */
  private @Nullable OutputMeans means(List<Moments> learned) {
    if (layer.bias() == null) {
      return null;
    }
    return switch (plan.biasCorrection()) {
      case OFF -> null;
      case EMPIRICAL -> observed(learned);
      case ANALYTIC ->
          implied == null ? null : OutputMeans.of(implied.mean(), weight, layer.layout().out());
    };
  }

  /** The means of the samples; null if the rows were learned in pieces. */
  private @Nullable OutputMeans observed(List<Moments> learned) {
    int groups = layer.layout().groups();
    if (learned.size() != groups) {
      return null;
    }
    int k = layer.layout().k();
    float[] inputs = new float[groups * k];
    float[] outputs = new float[layer.layout().out()];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = (float) learned.get(i / k).mean()[i % k];
    }
    for (int row = 0; row < outputs.length; row++) {
      Moments moments = learned.get(row / (outputs.length / groups));
      double mean = 0;
      for (int j = 0; j < k; j++) {
        double shift = moments.studentDiffers() ? moments.meanShift()[j] : 0;
        mean += weight[row * k + j] * (moments.mean()[j] - shift);
      }
      outputs[row] = (float) mean;
    }
    return new OutputMeans(inputs, outputs);
  }

  private String note(
      Granularity granularity,
      GuardedEncoding guarded,
      @Nullable PairBound pairs,
      int pieces,
      RoundingSolution solution) {
    List<String> notes = new ArrayList<>();
    boolean asPlanned = granularity.equals(plan.granularity());
    if (!asPlanned && layer.layout().k() > plan.granularity().blockSize()) {
      notes.add(
          "one scale per channel instead of %s: the inputs of its weight %s don't lie along one axis"
              .formatted(plan.granularity().label(), Arrays.toString(layer.weight().shape())));
    }
    if (!guarded.raised().isEmpty()) {
      notes.add("scale raised so that the int32 bias fits, in channels " + guarded.raised());
    }
    Encoding given = plan.givenWeight();
    if (given != null && pairs != null) {
      List<Integer> raised = WeightRanges.atLeast(given, pairs.leastScales()).raised();
      if (!raised.isEmpty()) {
        notes.add("scale raised so that no kernel saturates, in channels " + raised);
      }
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
    String odd = layer.bias() == null ? null : NonFinite.of(layer.bias());
    if (odd != null) {
      notes.add("its bias holds " + odd);
    }
    if (collected.samples() == 0 && implied == null) {
      notes.add(
          "no batch norm tells the distribution of its input%s; its weight is rounded to nearest"
              .formatted(isDynamic || plan.quantizesInput() ? "" : ", which stays in float"));
    } else if (plan.biasCorrection() == BiasCorrection.ANALYTIC
        && layer.bias() != null
        && implied == null) {
      notes.add("its bias is not corrected: no batch norm tells the mean of its input");
    }
    if (collected.leftOut() > 0) {
      notes.add(
          "its input was NaN or infinite in %d of %d samples, which were left out"
              .formatted(collected.leftOut(), collected.leftOut() + collected.samples()));
    }
    return String.join("; ", notes);
  }

  /**
   * Returns the planned granularity, or per channel if the inputs of a row are not along one axis.
   */
  private Granularity granularity() {
    return plan.granularity().whereBlocks(layer.layout().inputAxis() >= 0);
  }

  private GuardedEncoding encoding(
      Granularity granularity,
      @Nullable Encoding input,
      List<Moments> learned,
      @Nullable PairBound pairs) {
    ChannelFactors factors = factors(input);
    int out = layer.layout().out();
    int k = layer.layout().k();
    if (!plan.levels().isUniform()) {
      return new GuardedEncoding(levels(granularity, factors, learned), List.of());
    }
    Encoding ofWeight =
        WeightRanges.encode(
                factors.times(weight), out, k, plan.weightGrid(), granularity, plan.ranges())
            .withFactors(factors.inverse());
    Encoding improved = plan.ranges().improve(ofWeight, weight, out, k, learned);
    Encoding chosen =
        pairs == null ? improved : WeightRanges.atLeast(improved, pairs.leastScales()).encoding();
    return int32(input, chosen)
        .map(bias -> WeightRanges.guardBias(chosen, bias.reals(), bias.inputScale()))
        .orElseGet(() -> new GuardedEncoding(chosen, List.of()));
  }

  private static ChannelFactors factors(@Nullable Encoding input) {
    return input == null ? ChannelFactors.NONE : input.factors();
  }

  /** A dynamic input has no scale that an integer bias could share. */
  private Optional<BiasPolicy.Int32> int32(@Nullable Encoding input, Encoding weights) {
    return BiasPolicy.int32(layer.bias(), isDynamic ? null : input, weights);
  }

  /** Levels that are not uniform; such a layer has a float bias. */
  private Encoding levels(Granularity granularity, ChannelFactors factors, List<Moments> learned) {
    int dimension = plan.levels().dimension();
    for (int from = 0, p = 0; p < learned.size(); from += learned.get(p++).k()) {
      if (from % layer.layout().k() % dimension != 0) {
        throw new InvalidInputException(
            "layer '%s': its rows of %d weights are rounded in pieces of %d, which cut vectors of %s: choose other levels"
                .formatted(
                    layer.name(), layer.layout().k(), learned.get(0).k(), plan.levels().label()));
      }
    }
    return WeightLevelChoice.encode(
            factors.times(weight),
            layer.layout().out(),
            layer.layout().k(),
            importance(factors, learned),
            plan.levels(),
            plan.bits(),
            granularity,
            plan.keepsZeros(),
            seed)
        .withFactors(factors.inverse());
  }

  /**
   * The mean squares of the inputs, {@code [groups, K]}, for weights that are times the factors.
   */
  private double[][] importance(ChannelFactors factors, List<Moments> learned) {
    int k = layer.layout().k();
    double[][] squares = new double[layer.layout().groups()][k];
    int at = 0;
    for (Moments moments : learned) {
      for (int i = 0; i < moments.k(); i++, at++) {
        double factor = factors.isNone() ? 1 : factors.of(at % k);
        squares[at / k][at % k] = moments.gram()[i * (moments.k() + 1)] / (factor * factor);
      }
    }
    return squares;
  }

  private @Nullable ScaleBounds scaleBounds(
      Encoding weights, @Nullable Encoding input, @Nullable PairBound pairs) {
    if (!plan.learnsScales()) {
      return null;
    }
    float[] least =
        int32(input, weights)
            .map(bias -> WeightRanges.leastScales(bias.reals(), bias.inputScale()))
            .orElseGet(() -> new float[layer.layout().out()]);
    if (pairs != null) {
      float[] ofPairs = pairs.leastScales();
      for (int row = 0; row < least.length; row++) {
        least[row] = Math.max(least[row], ofPairs[row]);
      }
    }
    return new ScaleBounds(least);
  }

  @Override
  public void save(WireWriter to) throws IOException {
    collected.save(to);
  }

  @Override
  public void restore(WireReader from) throws IOException {
    collected.restore(from);
  }

  @Override
  public void close() {
    collected.close();
  }
}
