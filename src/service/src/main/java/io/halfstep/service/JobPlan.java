package io.halfstep.service;

import io.halfstep.plan.DataSettings;
import io.halfstep.plan.OutputSettings;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the plan of a job says.
 *
 * @param normalization as {@code --normalize} takes it
 * @param samples how many samples each version learns from; null: as the service is set up
 * @param batch samples per batch; null: as the network suggests
 */
public record JobPlan(
    Plan plan, List<String> normalization, @Nullable Long samples, @Nullable Integer batch) {
  /** What it may say besides how to quantize. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          DataSettings.SAMPLES.explained("1024", "How many samples to learn from."),
          DataSettings.BATCH,
          DataSettings.NORMALIZE.explained(
              "",
              "For samples that the model does not normalize itself; as for 'halfstep quantize'."));

  /** Harmless: a plan for the command line may have them, and they change nothing here. */
  private static final List<Setting<?>> IGNORED =
      List.of(OutputSettings.QUIET, OutputSettings.JSON);

  /**
   * Reads the plan of somebody else.
   *
   * @throws io.halfstep.failure.InvalidInputException if it is not a plan, or says what jobs can't
   *     have
   */
  static JobPlan read(Path file) {
    PlanFile read =
        PlanFile.readForeign(
            file,
            Plan.DEFAULT,
            Stream.concat(SETTINGS.stream(), IGNORED.stream()).toList(),
            "the service's own matter; leave it out");
    DataSettings data = read.data();
    return new JobPlan(read.plan(), data.normalization(), data.samples(), data.batch());
  }
}
