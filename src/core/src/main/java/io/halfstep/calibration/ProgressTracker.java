package io.halfstep.calibration;

import io.halfstep.checkpoint.Manifest;
import io.halfstep.flow.MemoryBudget;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.RunEvent.Activity;
import io.halfstep.protocol.StageId;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Converts the events of stages to {@link Progress}. The share of the work done counts, per layer
 * and sample, one unit for observing, three for collecting moments, two for the solver and two for
 * forwarding; and a fourth for each comparison, of an eighth of the samples.
 */
final class ProgressTracker {
  private static final Map<Activity, Double> UNITS_IN_ROUND =
      Map.of(Activity.COLLECTING, 3.0, Activity.OPTIMIZING, 2.0, Activity.FORWARDING, 2.0);

  private static final double COMPARISON = 0.25;

  private final CalibrationRequest request;
  private final HeldBack heldBack;
  private final MemoryBudget memory;
  private final Map<String, Double> done = new HashMap<>();
  private final int layers;
  private Pass pass = Pass.OBSERVE;
  private double unitsBefore;
  private long total;

  ProgressTracker(CalibrationRequest request, HeldBack heldBack, MemoryBudget memory) {
    this.request = request;
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

  void begin(Pass next) {
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
            advanced.stage().number() + (pass == Pass.ROUND ? advanced.activity().name() : ""),
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
    int waves = request.plan().schedule() == Plan.Schedule.WAVE ? 1 : 0;
    int observed = request.graph().sites().isEmpty() ? waves : 1;
    return switch (of) {
      case OBSERVE, DERIVE -> 0;
      case ROUND, LEARN -> observed;
      case NEAREST -> observed + 7;
      case UNREPAIRED -> observed + 7 + COMPARISON;
      case FINISH, FINISH_NEAREST, FINISH_UNREPAIRED -> observed + 7 + (1 + waves) * COMPARISON;
    };
  }

  private double units(RunEvent.Advanced advanced) {
    double share =
        advanced.activity() == Activity.OPTIMIZING
            ? advanced.share()
            : total > 0 ? Math.min(1.0, advanced.samples() / (double) total) : 0;
    double units =
        switch (pass) {
          case OBSERVE -> 1;
          case LEARN, DERIVE -> 7;
          case ROUND -> UNITS_IN_ROUND.getOrDefault(advanced.activity(), 7.0);
          case NEAREST, UNREPAIRED, FINISH, FINISH_NEAREST, FINISH_UNREPAIRED -> COMPARISON;
        };
    return units * share;
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
