package io.halfstep.calibration;

import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.Bits;
import io.halfstep.allocation.Choice;
import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanSettings;
import io.halfstep.protocol.RunEvent;
import io.halfstep.ranges.ActivationRanges;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.stage.ActivationPlan;
import io.halfstep.statistics.ActivationStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A short run in which only one layer is quantized, to see what each of its widths costs at the
 * outputs. The layer learns from the float network's inputs, and reports its error L(b) at each
 * width b ([A] eq. 21). If the width of its input is to be chosen, too, the histogram of the input
 * tells E δ² of its rounding to a bits, and with δ uncorrelated between inputs the layer's error is
 * L'(a) = E δ² · Σ w². The student's output shows the noise N of one pair of widths. In proportion
 * to L, noise spreads alike at every width, so that of widths b and a is taken as
 *
 * <pre>
 *   Ω(b, a) = N / (L + L') · (L(b) + L'(a)),   N = Σ over outputs of E(y − ŷ)² / E y²
 * </pre>
 */
final class LayerProbe implements ProgressListener {
  /** The most samples of a probe. */
  static final int SAMPLES = 256;

  private static final int BITS = 3;
  private static final int INPUT_BITS = 8;

  private final CalibrationRequest whole;
  private final Layer layer;
  private final LayerPlan how;
  private final boolean opensInput;
  private final ProgressListener listener;
  private Map<Integer, Double> losses = new TreeMap<>();

  /**
   * @param opensInput whether the width of its input is to be chosen
   */
  LayerProbe(CalibrationRequest whole, Layer layer, boolean opensInput, ProgressListener listener) {
    this.whole = whole;
    this.layer = layer;
    this.how = whole.plan().layer(layer.name()).orElseThrow();
    this.opensInput = opensInput;
    this.listener = listener;
  }

  /** Returns the request of the run. */
  CalibrationRequest request() {
    HeldBack samples = new HeldBack(whole.source(), whole.inputs());
    return whole.toBuilder()
        .graph(whole.graph().withoutSites())
        .plan(plan())
        .source(first -> samples.first(SAMPLES, first))
        .expectedSamples(Math.min(SAMPLES, whole.expectedSamples()))
        .listener(this)
        .build();
  }

  /** The graph is already changed. */
  private Plan plan() {
    LayerOverride only =
        LayerOverride.of(layer.name())
            .with(PlanSettings.SKIP, false)
            .weightBits(BITS)
            .activationBits(opensInput ? INPUT_BITS : 0);
    return whole.plan().withoutLearning().toBuilder()
        .equalize(Plan.Equalize.OFF)
        .absorbBias(false)
        .quantize(Plan.Quantize.LAYERS)
        .embeddingBits(0)
        .schedule(Plan.Schedule.PARALLEL)
        .effort(Effort.FAST)
        .override(LayerOverride.of("*").with(PlanSettings.SKIP, true))
        .override(how.isOptimized() ? only.rounding(RoundingMethod.LATTICE) : only)
        .build();
  }

  @Override
  public void update(Progress progress) {
    listener.update(progress);
  }

  @Override
  public void report(RunEvent event) {
    if (event instanceof RunEvent.Sensitivity sensitivity) {
      losses = sensitivity.losses();
    }
  }

  /**
   * Returns the widths with their errors. If the layer is exact at the measured widths, only widths
   * at which it is exact are known.
   *
   * @param costs by widths
   */
  Choice choice(CalibrationResult result, Map<Bits, Long> costs) {
    ActivationStatistics input =
        opensInput ? result.network().statistics().get(layer.input()) : null;
    double loss = result.network().layers().get(0).loss() + inputLoss(INPUT_BITS, input);
    double noise = RunResults.noise(result.network().outputSqnrDb());
    List<Assignment> options = new ArrayList<>();
    costs.forEach(
        (bits, cost) -> {
          double lossAtWidths =
              losses.getOrDefault(bits.weights(), 0.0) + inputLoss(bits.activations(), input);
          if (loss > 0 || lossAtWidths == 0) {
            double error = loss > 0 ? noise / loss * lossAtWidths : 0;
            options.add(new Assignment(Map.of(layer.name(), bits), cost, error));
          }
        });
    return new Choice(options);
  }

  /**
   * Returns L' at a width.
   *
   * @param input null if its width is not to be chosen
   */
  private double inputLoss(int bits, @Nullable ActivationStatistics input) {
    if (input == null) {
      return 0;
    }
    ActivationPlan plan = ActivationPlan.of(how.withActivationBits(bits), false, List.of(), null);
    double squares = 0;
    for (float w : layer.weight().floats()) {
      squares += (double) w * w;
    }
    return ActivationRanges.meanSquaredError(input, plan.encode(input)) * squares;
  }
}
