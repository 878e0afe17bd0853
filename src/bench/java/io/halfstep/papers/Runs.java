package io.halfstep.papers;

import io.halfstep.rounding.adaround.ReconstructionRounder;
import io.halfstep.rounding.row.ParallelSteps;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * The top-1 accuracy of a network with rounded weights, in %. What is learned from random batches
 * is measured with three seeds.
 */
final class Runs {
  private static final int SEEDS = 3;

  private record Setting(WeightRounding rounding, int layers) {}

  private final Task task;
  private final Map<Setting, String> known = new HashMap<>();

  Runs(Task task) {
    this.task = task;
  }

  /** Rounds the first layer alone. */
  String firstLayer(WeightRounding rounding) {
    return once(new Setting(rounding, 1));
  }

  /** Rounds all layers. */
  String allLayers(WeightRounding rounding) {
    return once(new Setting(rounding, task.graph().layers().size()));
  }

  /** Rounds all layers with three seeds, each with its own images to learn from. */
  String allLayers(WeightRounding rounding, LongFunction<List<Tensor>> images) {
    return top1(new Setting(rounding, task.graph().layers().size()), SEEDS, images);
  }

  private String once(Setting setting) {
    String before = known.get(setting);
    if (before != null) {
      return before;
    }
    int seeds = setting.rounding.rounder() instanceof ReconstructionRounder ? SEEDS : 1;
    String measured = top1(setting, seeds, seed -> task.calibration());
    known.put(setting, measured);
    return measured;
  }

  private String top1(Setting setting, int seeds, LongFunction<List<Tensor>> images) {
    Double[] top1 = new Double[seeds];
    ParallelSteps.run(
        seeds,
        seed ->
            top1[seed] =
                task.score(
                        setting.rounding.round(
                            task.graph(), setting.layers, images.apply(seed), seed))
                    .top1());
    return Table.spread(Arrays.asList(top1));
  }
}
