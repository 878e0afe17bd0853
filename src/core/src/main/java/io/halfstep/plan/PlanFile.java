package io.halfstep.plan;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.quantizer.Granularity;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.RangeMethods;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a plan file says, in HOCON: every option of {@code halfstep quantize} under its name there,
 * and what differs for single layers. {@code config/plan.conf} is an example with all of them.
 * Paths are as on the command line, relative to the working directory.
 *
 * @param plan the base plan with what the file changes of it
 * @param options the other options of a run that the file holds
 */
public record PlanFile(Plan plan, RunOptions options) {
  /** The longest plan of somebody else, in bytes. */
  public static final int LARGEST = 1 << 20;

  private static final String GRANULARITIES =
      "tensor, channel or \"block:SIZE\" with SIZE at least 2, e.g. \"block:32\"";

  /**
   * Reads a plan file. Its layers come after those of the base plan, and win.
   *
   * @throws InvalidInputException if the file is not there or no HOCON, has an unknown key, or a
   *     value of the wrong type or out of range: names file, line and key
   */
  public static PlanFile read(Path file, Plan base) {
    return of(parse(file, () -> PlanSource.own(file)), base);
  }

  /**
   * Reads a plan that somebody else has written: it says what it says by itself. With include or
   * ${…} it could tell of other files, of the network, or of this process.
   *
   * @throws InvalidInputException as {@link #read}, and if the plan refers to anything, is longer
   *     than {@link #LARGEST} bytes, or nested deeper than {@value PlanSource#DEEPEST}
   */
  public static PlanFile readForeign(Path file, Plan base) {
    return of(parse(file, () -> PlanSource.foreign(file)), base);
  }

  private static PlanFile of(ConfigObject object, Plan base) {
    Section root = new Section(object, "");
    Plan plan = plan(root, base);
    RunOptions options = options(root);
    root.rejectOtherKeys();
    return new PlanFile(plan, options);
  }

  private static ConfigObject parse(Path file, Supplier<ConfigObject> source) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file, expected a plan in HOCON");
    }
    try {
      return source.get();
    } catch (ConfigException e) {
      String reason = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
      throw new InvalidInputException(
          (reason.startsWith(file.toString()) ? "" : file + ": ") + reason, e);
    } catch (StackOverflowError e) { // the parser descends for each level, and holds nothing open
      throw new InvalidInputException(file + ": nested too deeply", e);
    }
  }

  private static Plan plan(Section root, Plan base) {
    PlanBuilder plan = base.toBuilder();
    weightBits(root, "weights").ifPresent(plan::weightBits);
    root.read(
            "activations", "a whole number from 2 to 8, or 16, or float", PlanFile::activationBits)
        .ifPresent(plan::activationBits);
    granularity(root).ifPresent(plan::granularity);
    root.choice("weight-grid", WeightGrid.class).ifPresent(plan::weightGrid);
    root.choice("rounding", RoundingMethod.class).ifPresent(plan::rounding);
    root.choice("effort", Effort.class).ifPresent(plan::effort);
    root.choice("reach", Reach.class).ifPresent(plan::reach);
    root.choice("weight-scales", WeightScales.class).ifPresent(plan::weightScales);
    root.choice("schedule", Schedule.class).ifPresent(plan::schedule);
    root.number("seed", Long.MIN_VALUE, Long.MAX_VALUE).ifPresent(plan::seed);
    ranges(root, plan);
    for (Section layer : root.sections("layers")) {
      plan.override(layerOverride(layer));
    }
    return plan.build();
  }

  private static void ranges(Section root, PlanBuilder plan) {
    root.section("ranges")
        .ifPresentOrElse(
            ranges -> {
              range(ranges, "weights").ifPresent(plan::weightRanges);
              range(ranges, "activations").ifPresent(plan::activationRanges);
              ranges.rejectOtherKeys();
            },
            () ->
                range(root, "ranges")
                    .ifPresent(both -> plan.weightRanges(both).activationRanges(both)));
  }

  private static LayerOverride layerOverride(Section layer) {
    LayerOverride override =
        new LayerOverride(
            layer
                .text("match")
                .orElseThrow(() -> layer.missing("match", "the name of a layer, or a glob")),
            weightBits(layer, "bits").orElse(null),
            layer.choice("rounding", RoundingMethod.class).orElse(null),
            granularity(layer).orElse(null),
            layer.choice("weight-grid", WeightGrid.class).orElse(null),
            layer.choice("reach", Reach.class).orElse(null),
            layer.flag("skip").orElse(null));
    layer.rejectOtherKeys();
    return override;
  }

  private static RunOptions options(Section root) {
    return new RunOptions(
        root.texts("data"),
        root.texts("normalize"),
        root.text("image").orElse(null),
        root.number("samples", 1, Long.MAX_VALUE).orElse(null),
        count(root, "batch"),
        count(root, "threads"),
        root.read("memory", "a number of bytes, e.g. 536870912, 512m or 2g", ByteSize::parse)
            .orElse(null),
        path(root, "spool-dir"),
        path(root, "out"),
        path(root, "report"),
        path(root, "encodings"),
        root.flag("quiet").orElse(null),
        root.flag("json").orElse(null));
  }

  private static Optional<Integer> weightBits(Section section, String key) {
    return section.number(key, 2, 8).map(Long::intValue);
  }

  private static @Nullable Integer activationBits(String text) {
    if (text.equals("float")) {
      return 0;
    }
    return text.matches("[2-8]|16") ? Integer.valueOf(text) : null;
  }

  private static Optional<Granularity> granularity(Section section) {
    return section.read("granularity", GRANULARITIES, Granularity::parse);
  }

  private static Optional<RangeMethod> range(Section section, String key) {
    return section.read(key, RangeMethods.expected(), RangeMethods::parse);
  }

  private static @Nullable Integer count(Section root, String key) {
    return root.number(key, 1, Integer.MAX_VALUE).map(Long::intValue).orElse(null);
  }

  private static @Nullable Path path(Section root, String key) {
    return root.read(key, "a path", PlanFile::path).orElse(null);
  }

  private static @Nullable Path path(String text) {
    try {
      return text.isBlank() ? null : Path.of(text);
    } catch (InvalidPathException e) {
      return null;
    }
  }
}
