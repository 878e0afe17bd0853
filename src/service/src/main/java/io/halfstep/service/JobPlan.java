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
 * The plan of a job.
 *
 * @param normalization the values of {@code --normalize}
 * @param mask the input that tells padding; null: found by its name
 * @param samples the samples per version; null: the service's default
 * @param batch the samples per batch; null: the network's default
 */
public record JobPlan(
    Plan plan,
    List<String> normalization,
    @Nullable String mask,
    @Nullable Long samples,
    @Nullable Integer batch) {
  /** The accepted settings besides those of the plan. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          DataSettings.SAMPLES.explained("1024", "How many samples to learn from."),
          DataSettings.BATCH,
          DataSettings.MASK,
          DataSettings.NORMALIZE.explained(
              "",
              "For samples that the model does not normalize itself; as for 'halfstep quantize'."));

  /** Settings of the command line that are accepted and have no effect here. */
  private static final List<Setting<?>> IGNORED =
      List.of(OutputSettings.QUIET, OutputSettings.JSON);

  /**
   * Reads a plan from an untrusted source.
   *
   * @throws io.halfstep.failure.InvalidInputException if it is not a plan, or has settings that
   *     jobs do not support
   */
  static JobPlan read(Path file) {
    PlanFile read =
        PlanFile.readForeign(
            file,
            Plan.DEFAULT,
            Stream.concat(SETTINGS.stream(), IGNORED.stream()).toList(),
            "the service's own matter; leave it out");
    DataSettings data = read.data();
    return new JobPlan(
        read.plan(), data.normalization(), data.mask(), data.samples(), data.batch());
  }
}
