package io.halfstep.calibration;

import io.halfstep.checkpoint.Manifest;
import io.halfstep.flow.MemoryBudget;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.RunEvent.Activity;
import io.halfstep.protocol.StageId;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Converts the events of stages to {@link Progress}. The share of the work done counts, per layer
 * and sample, one unit for observing, three for collecting moments, two for the solver and two for
 * forwarding; a fourth for each comparison, of an eighth of the samples; and fifty where blocks
 * learn by gradient.
 */
final class ProgressTracker {
  private static final Map<Activity, Double> UNITS_IN_ROUND =
      Map.of(Activity.COLLECTING, 3.0, Activity.OPTIMIZING, 2.0, Activity.FORWARDING, 2.0);

  private static final double ROUNDING = 7;
  private static final double LEARNING = 50;
  private static final double COMPARISON = 0.25;

  private final CalibrationRequest request;
  private final List<Pass> passes;
  private final HeldBack heldBack;
  private final MemoryBudget memory;
  private final Map<String, Double> done = new HashMap<>();
  private final int layers;
  private Pass pass = Pass.OBSERVE;
  private int blocks = 1;
  private double unitsBefore;
  private long total;

  /**
   * @param passes of the run, in order
   */
  ProgressTracker(
      CalibrationRequest request, List<Pass> passes, HeldBack heldBack, MemoryBudget memory) {
    this.request = request;
    this.passes = passes;
    this.heldBack = heldBack;
    this.memory = memory;
    this.layers = Math.max(1, request.graph().layers().size());
    this.total = heldBack.learnedOf(request.expectedSamples());
  }

  /** The run resumes in the middle of a pass. */
  void resume(Manifest manifest) {
    if (manifest.totalSamples() > 0) {
      long learned = manifest.totalSamples();
      total = pass.compares() ? heldBack.comparedBeside(learned) : learned;
    }
    unitsBefore = unitsBefore(pass);
    tell("", manifest.samples(), Double.NaN);
  }

  /**
   * A pass begins.
   *
   * @param learning how many blocks learn in it
   */
  void begin(Pass next, int learning) {
    blocks = Math.max(1, learning);
    unitsBefore = unitsBefore(next);
    if (next.compares() && !pass.compares()) {
      total = heldBack.comparedBeside(total);
    }
    pass = next;
    done.clear();
  }

  void add(RunEvent event) {
    if (event instanceof RunEvent.Advanced advanced) {
      boolean whole = advanced.stage().equals(StageId.INGRESS);
      if (!whole) {
        done.put(
            advanced.stage().number() + (pass.keepsBatches() ? advanced.activity().name() : ""),
            units(advanced));
      }
      tell(whole ? "" : advanced.stage().name(), advanced.samples(), Double.NaN);
    } else if (event instanceof RunEvent.Rounded rounded) {
      double ratio = rounded.nearestLoss() > 0 ? rounded.loss() / rounded.nearestLoss() : 1;
      tell(rounded.layer(), total, ratio);
    } else if (event instanceof RunEvent.PassCompleted completed) {
      total = completed.samples();
    }
  }

  private double unitsBefore(Pass of) {
    return passes.stream().filter(each -> each.isBefore(of)).mapToDouble(this::units).sum();
  }

  /** Returns the units of a pass, for each layer. */
  private double units(Pass of) {
    return switch (of) {
      case OBSERVE -> 1;
      case ROUND, LEARN, DERIVE -> ROUNDING;
      case RECONSTRUCT, FINETUNE -> LEARNING;
      default -> COMPARISON;
    };
  }

  private double units(RunEvent.Advanced advanced) {
    double share =
        advanced.activity() == Activity.OPTIMIZING
            ? advanced.share()
            : total > 0 ? Math.min(1.0, advanced.samples() / (double) total) : 0;
    if (pass.learnsBlocks()) {
      return advanced.activity() == Activity.OPTIMIZING ? LEARNING * layers / blocks * share : 0;
    }
    return share
        * (pass == Pass.ROUND
            ? UNITS_IN_ROUND.getOrDefault(advanced.activity(), ROUNDING)
            : units(pass));
  }

  private void tell(String layer, long samples, double loss) {
    double inPass = done.values().stream().mapToDouble(Double::doubleValue).sum() / layers;
    double all = unitsBefore(Pass.FINISH) + COMPARISON;
    request
        .listener()
        .update(
            new Progress(
                (pass.compares() ? Pass.FINISH : pass).name().toLowerCase(Locale.ROOT),
                layer,
                samples,
                total,
                memory.keptBytes(),
                loss,
                Math.min(1, (unitsBefore + inPass) / all)));
  }
}
