package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.GivenRange;
import io.halfstep.ranges.WeightRangeMethod;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;

/**
 * Settings for the layers whose name matches: {@code LayerOverride.of("/stem/*").weightBits(8)}.
 *
 * @param pattern a layer's name, or a glob ({@code *} any run of characters, {@code ?} one, {@code
 *     {a,b}} either)
 * @param values of {@link PlanSettings#OF_LAYERS}
 */
public record LayerOverride(String pattern, SettingValues values) {
  /**
   * @throws InvalidInputException if the pattern is empty or too long
   */
  public LayerOverride {
    Glob.require(pattern, "layer");
  }

  /**
   * Returns an override without settings.
   *
   * @throws InvalidInputException if the pattern is empty or too long
   */
  public static LayerOverride of(String pattern) {
    return new LayerOverride(pattern, SettingValues.NONE);
  }

  /**
   * Returns a copy with this setting.
   *
   * @throws InvalidInputException if the value is out of bounds
   */
  public <T> LayerOverride with(Setting<T> setting, T value) {
    String key = setting.layerName();
    if (key == null) {
      throw new IllegalArgumentException("layers can't differ in " + setting);
    }
    setting.require(value, "layer '%s': %s".formatted(pattern, key));
    return new LayerOverride(pattern, values.with(setting, value));
  }

  /** Sets the bits per weight: 2 to 8. */
  public LayerOverride weightBits(int bits) {
    return with(PlanSettings.WEIGHTS, bits);
  }

  /** Sets the bits of the layer's input: 2 to 8 or 16, 0 to leave it in float, {@code DYNAMIC}. */
  public LayerOverride activationBits(int bits) {
    return with(PlanSettings.ACTIVATIONS, bits);
  }

  /** Sets the solver. */
  public LayerOverride rounding(RoundingMethod rounding) {
    return with(PlanSettings.ROUNDING, rounding);
  }

  /** Sets the granularity of the weights' scales. */
  public LayerOverride granularity(Granularity granularity) {
    return with(PlanSettings.GRANULARITY, granularity);
  }

  /** Sets the weights' grid. */
  public LayerOverride weightGrid(WeightGrid grid) {
    return with(PlanSettings.WEIGHT_GRID, grid);
  }

  /**
   * Sets the grid of the layer's input, unless another layer that reads it has more bits or is the
   * first with as many.
   */
  public LayerOverride activationGrid(ActivationGrid grid) {
    return with(PlanSettings.ACTIVATION_GRID, grid);
  }

  /** Sets how the scales of the weights are chosen. */
  public LayerOverride weightRanges(WeightRangeMethod ranges) {
    return with(PlanSettings.WEIGHT_RANGES, ranges);
  }

  /** Gives the encoding of the weights. */
  public LayerOverride encoding(Encoding encoding) {
    Grid grid = encoding.grid();
    boolean restricted = grid.equals(Grid.restricted(grid.bits()));
    WeightGrid signed = restricted ? WeightGrid.RESTRICTED : WeightGrid.SYMMETRIC;
    return weightBits(grid.bits())
        .granularity(encoding.granularity())
        .weightGrid(grid.isSigned() ? signed : WeightGrid.ASYMMETRIC)
        .weightRanges(new GivenRange(encoding));
  }

  /**
   * Sets how the range of the layer's input is chosen, unless another layer that reads it has more
   * bits or is the first with as many.
   */
  public LayerOverride activationRanges(ActivationRangeMethod ranges) {
    return with(PlanSettings.ACTIVATION_RANGES, ranges);
  }

  /** Sets how far a weight may move on the grid. */
  public LayerOverride reach(Reach reach) {
    return with(PlanSettings.REACH, reach);
  }

  /** Sets whether the layer stays in float. */
  public LayerOverride skip(boolean skip) {
    return with(PlanSettings.SKIP, skip);
  }

  /** Returns whether the pattern matches a layer's name. */
  public boolean matches(String name) {
    return Glob.matches(pattern, name);
  }
}
