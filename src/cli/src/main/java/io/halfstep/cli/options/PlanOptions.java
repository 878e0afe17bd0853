package io.halfstep.cli.options;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.SettingValues;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a plan. An option overrides the plan file, which overrides the defaults. */
public final class PlanOptions {
  private final SettingOptions settings = new SettingOptions(PlanSettings.ALL);
  private final OptionSpec file =
      OptionSpec.builder("--plan")
          .paramLabel("FILE")
          .type(Path.class)
          .description(
              "A HOCON file with any of these options, and with other settings for layers by name or"
                  + " glob: layers = [{ match = \"/stem/*\", bits = 8 }].")
          .build();

  /** Adds the options to a command. */
  public void addTo(CommandSpec command) {
    settings.addTo(command, "Quantization:", file);
  }

  /** Returns the path of the plan file. */
  public @Nullable Path file() {
    return file.getValue();
  }

  /**
   * Reads the plan file.
   *
   * @throws InvalidInputException if it is not a plan
   */
  public PlanFile read() {
    Path plan = file();
    return plan == null
        ? new PlanFile(Plan.DEFAULT, SettingValues.NONE)
        : PlanFile.read(plan, Plan.DEFAULT);
  }

  /** Returns the plan with the command line's options applied. */
  public Plan over(Plan base) {
    return new Plan(settings.given().over(base.values()), base.overrides(), base.tensors());
  }
}
