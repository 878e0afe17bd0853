package io.halfstep.calibration;

import io.halfstep.allocation.LayerWidths;
import io.halfstep.allocation.Width;
import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanSettings;
import io.halfstep.protocol.RunEvent;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.RoundingMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A short run in which only the weight of one layer is quantized, to see what each of its widths
 * costs at the outputs. The layer learns from the float network's inputs, and reports its error
 * L(b) at each width b ([A] eq. 21); the student's output shows the noise N of one width. In
 * proportion to L, noise spreads alike at every width, so that of width b is taken as
 *
 * <pre>  Ω(b) = N / L · L(b),   N = Σ over outputs of E(y − ŷ)² / E y² </pre>
 */
final class LayerProbe implements ProgressListener {
  private static final int SAMPLES = 256;
  private static final int BITS = 3;

  private final CalibrationRequest whole;
  private final Layer layer;
  private Map<Integer, Double> losses = new TreeMap<>();

  LayerProbe(CalibrationRequest whole, Layer layer) {
    this.whole = whole;
    this.layer = layer;
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
    boolean optimized =
        whole.plan().layer(layer.name()).filter(how -> how.isOptimized()).isPresent();
    LayerOverride only =
        LayerOverride.of(layer.name())
            .with(PlanSettings.SKIP, false)
            .weightBits(BITS)
            .activationBits(0);
    return whole.plan().toBuilder()
        .equalize(Plan.Equalize.OFF)
        .absorbBias(false)
        .quantize(Plan.Quantize.LAYERS)
        .embeddingBits(0)
        .schedule(Plan.Schedule.PARALLEL)
        .effort(Effort.FAST)
        .override(LayerOverride.of("*").with(PlanSettings.SKIP, true))
        .override(optimized ? only.rounding(RoundingMethod.LATTICE) : only)
        .build();
  }

  @Override
  public void update(Progress progress) {
    whole
        .listener()
        .update(
            new Progress(
                "measure",
                layer.name(),
                progress.samples(),
                progress.totalSamples(),
                progress.queuedBytes(),
                Double.NaN,
                0));
  }

  @Override
  public void report(RunEvent event) {
    if (event instanceof RunEvent.Sensitivity sensitivity) {
      losses = sensitivity.losses();
    }
  }

  /**
   * Returns the widths with their errors. If the weight is exact at the measured width, only widths
   * at which it is exact are known.
   *
   * @param costs by width
   */
  LayerWidths widths(CalibrationResult result, Map<Integer, Long> costs) {
    double loss = result.network().layers().get(0).loss();
    double noise = RunResults.noise(result.network().outputSqnrDb());
    List<Width> widths = new ArrayList<>();
    costs.forEach(
        (bits, cost) -> {
          double lossAtWidth = losses.getOrDefault(bits, 0.0);
          if (loss > 0 || lossAtWidth == 0) {
            widths.add(new Width(bits, cost, loss > 0 ? noise / loss * lossAtWidth : 0));
          }
        });
    return new LayerWidths(layer.name(), widths);
  }
}
