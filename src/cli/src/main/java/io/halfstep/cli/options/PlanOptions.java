package io.halfstep.cli.options;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.plan.PlanBuilder;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.RunOptions;
import io.halfstep.quantizer.Granularity;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.RangeMethods;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * How to quantize. An option that is given overrides the plan file, which overrides the defaults.
 */
public final class PlanOptions {
  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description =
          "A HOCON file with any of these options, and with other settings for layers by name or"
              + " glob: layers = [{ match = \"/stem/*\", bits = 8 }].")
  private @Nullable Path file;

  @Option(
      names = "--weights",
      paramLabel = "BITS",
      converter = WeightBits.class,
      description = "Bits per weight, 2 to 8. Default: 4.")
  private @Nullable Integer weightBits;

  @Option(
      names = "--activations",
      paramLabel = "BITS|float",
      converter = ActivationBits.class,
      description = "Bits per activation, 2 to 8 or 16, or float to leave them. Default: 8.")
  private @Nullable Integer activationBits;

  @Option(
      names = "--granularity",
      paramLabel = "tensor|channel|block:SIZE",
      converter = GranularityName.class,
      description =
          "One weight scale per layer, or one per output channel, or one per channel and block of so"
              + " many inputs, e.g. block:32. Blocks are for MatMul, Gemm and 1x1 convolutions; other"
              + " convolutions take one scale per channel. Default: channel.")
  private @Nullable Granularity granularity;

  @Option(
      names = "--weight-grid",
      paramLabel = "symmetric|asymmetric",
      converter = WeightGridName.class,
      description =
          "Whether weights have a zero point. Default: symmetric, but asymmetric at 2 bits, where"
              + " the zero point gains more than it costs.")
  private @Nullable WeightGrid weightGrid;

  @Option(
      names = "--rounding",
      paramLabel = "METHOD",
      converter = RoundingName.class,
      description = {
        "The solver that rounds the weights. Default: lattice.",
        "  lattice           closest-vector search; the most accurate in little time",
        "  lattice-samples   lattice, then refined behind ReLU or Clip on stored samples",
        "  exact             lattice with a longer search for the optimum of short rows",
        "  adaround          AdaRound's relaxation on the moments of the data",
        "  adaround-samples  AdaRound as published, on stored samples; slow",
        "  nearest           to the nearest level; uses no data",
        "  stochastic        up or down at random, in proportion to the fractional part"
      })
  private @Nullable RoundingMethod rounding;

  @Option(
      names = "--effort",
      paramLabel = "fast|normal|best",
      converter = EffortName.class,
      description =
          "How much time lattice, lattice-samples and exact may spend to lower the error. Default:"
              + " normal.")
  private @Nullable Effort effort;

  @Option(
      names = "--reach",
      paramLabel = "grid|floor-ceil",
      converter = ReachName.class,
      description =
          "Which levels lattice, lattice-samples and exact may round a weight to: every level of the"
              + " grid, or only the two next to the weight. Default: grid.")
  private @Nullable Reach reach;

  @Option(
      names = "--weight-scales",
      paramLabel = "kept|learned",
      converter = WeightScalesName.class,
      description =
          "kept: weight scales are as --ranges chooses them. learned: lattice,"
              + " lattice-samples and exact choose scales and zero points together with the"
              + " rounding. Default: kept, but learned at 2 bits.")
  private @Nullable WeightScales weightScales;

  @Option(
      names = "--schedule",
      paramLabel = "wave|parallel",
      converter = ScheduleName.class,
      description =
          "wave: layer after layer, each learns from quantized inputs. parallel: all layers in one"
              + " pass, faster and with nothing kept, for 4 bits and more. Default: wave.")
  private @Nullable Schedule schedule;

  @Option(
      names = "--ranges",
      paramLabel = "METHOD",
      description =
          "How clipping ranges are chosen: minmax, mse or percentile:P for both, or one for each as"
              + " in weights=mse,activations=percentile:99.99. Default: mse.")
  private @Nullable String ranges;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Fixes every random choice; the same seed gives the same file. Default: 0.")
  private @Nullable Long seed;

  /** The plan file. */
  public @Nullable Path file() {
    return file;
  }

  /**
   * Reads the plan file.
   *
   * @throws InvalidInputException if it is not a plan
   */
  public PlanFile read() {
    return file == null
        ? new PlanFile(Plan.DEFAULT, RunOptions.NONE)
        : PlanFile.read(file, Plan.DEFAULT);
  }

  /**
   * A plan with what was given on the command line.
   *
   * @throws InvalidInputException if the ranges cannot be read
   */
  public Plan over(Plan base) {
    PlanBuilder plan = base.toBuilder();
    Optional.ofNullable(weightBits).ifPresent(plan::weightBits);
    Optional.ofNullable(activationBits).ifPresent(plan::activationBits);
    Optional.ofNullable(granularity).ifPresent(plan::granularity);
    Optional.ofNullable(weightGrid).ifPresent(plan::weightGrid);
    Optional.ofNullable(rounding).ifPresent(plan::rounding);
    Optional.ofNullable(effort).ifPresent(plan::effort);
    Optional.ofNullable(reach).ifPresent(plan::reach);
    Optional.ofNullable(weightScales).ifPresent(plan::weightScales);
    Optional.ofNullable(schedule).ifPresent(plan::schedule);
    Optional.ofNullable(seed).ifPresent(plan::seed);
    for (String range : ranges == null ? new String[0] : ranges.split(",", -1)) {
      RangeMethod method = RangeMethods.parse(range.substring(range.indexOf('=') + 1).strip());
      switch (range.substring(0, Math.max(0, range.indexOf('='))).strip()) {
        case "" -> plan.weightRanges(method).activationRanges(method);
        case "weights" -> plan.weightRanges(method);
        case "activations" -> plan.activationRanges(method);
        default ->
            throw new InvalidInputException(
                "--ranges '%s': expected a method, or weights=METHOD,activations=METHOD"
                    .formatted(range));
      }
    }
    return plan.build();
  }

  /** A plan as options, for the report. */
  public static Map<String, String> describe(Plan plan) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("--weights", Integer.toString(plan.weightBits()));
    settings.put(
        "--activations",
        plan.activationBits() == 0 ? "float" : Integer.toString(plan.activationBits()));
    settings.put("--granularity", plan.granularity().label());
    settings.put(
        "--weight-grid",
        plan.weightGrid() == null
            ? "symmetric, asymmetric at 2 bits"
            : EnumName.label(plan.weightGrid()));
    settings.put("--rounding", plan.rounding().label());
    settings.put("--effort", EnumName.label(plan.effort()));
    settings.put("--reach", EnumName.label(plan.reach()));
    settings.put(
        "--weight-scales",
        plan.weightScales() == null
            ? "kept, learned at 2 bits"
            : EnumName.label(plan.weightScales()));
    settings.put("--schedule", EnumName.label(plan.schedule()));
    settings.put(
        "--ranges",
        "weights=%s,activations=%s"
            .formatted(plan.weightRanges().label(), plan.activationRanges().label()));
    settings.put("--seed", Long.toString(plan.seed()));
    return settings;
  }

  /** 2 to 8. */
  static final class WeightBits implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      int bits = text.matches("\\d{1,4}") ? Integer.parseInt(text) : 0;
      if (bits < 2 || bits > 8) {
        throw new TypeConversionException("'" + text + "' is not a number of bits from 2 to 8");
      }
      return bits;
    }
  }

  /** 2 to 8 or 16; 0 for float. */
  static final class ActivationBits implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      if (text.equalsIgnoreCase("float")) {
        return 0;
      }
      int bits = text.matches("\\d{1,4}") ? Integer.parseInt(text) : 0;
      if (bits < 2 || (bits > 8 && bits != 16)) {
        throw new TypeConversionException(
            "'" + text + "' is neither float nor a number of bits from 2 to 8 or 16");
      }
      return bits;
    }
  }

  /** As {@link Granularity#parse} reads it. */
  static final class GranularityName implements ITypeConverter<Granularity> {
    @Override
    public Granularity convert(String text) {
      try {
        return Granularity.parse(text.toLowerCase(Locale.ROOT));
      } catch (InvalidInputException e) {
        throw new TypeConversionException("'" + text + "' is none of " + Granularity.FORMS);
      }
    }
  }

  static final class WeightGridName extends EnumName<WeightGrid> {
    WeightGridName() {
      super(WeightGrid.values());
    }
  }

  static final class RoundingName extends EnumName<RoundingMethod> {
    RoundingName() {
      super(RoundingMethod.values());
    }
  }

  static final class EffortName extends EnumName<Effort> {
    EffortName() {
      super(Effort.values());
    }
  }

  static final class ReachName extends EnumName<Reach> {
    ReachName() {
      super(Reach.values());
    }
  }

  static final class WeightScalesName extends EnumName<WeightScales> {
    WeightScalesName() {
      super(WeightScales.values());
    }
  }

  static final class ScheduleName extends EnumName<Schedule> {
    ScheduleName() {
      super(Schedule.values());
    }
  }

  /** Reads {@code ADAROUND_SAMPLES} as {@code adaround-samples}. */
  private abstract static class EnumName<E extends Enum<E>> implements ITypeConverter<E> {
    private final E[] values;

    EnumName(E[] values) {
      this.values = values;
    }

    @Override
    public E convert(String text) {
      return Stream.of(values)
          .filter(value -> label(value).equals(text.toLowerCase(Locale.ROOT)))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      Arrays.stream(values)
                          .map(EnumName::label)
                          .collect(Collectors.joining(", ", "'" + text + "' is none of ", ""))));
    }

    private static String label(Enum<?> value) {
      return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }
}
