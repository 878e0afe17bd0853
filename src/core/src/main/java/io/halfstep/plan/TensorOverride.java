package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Target;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.GivenRange;
import java.util.Objects;

/**
 * Settings for the quantized activations whose name matches. They come before those of the layers
 * that read them: {@code TensorOverride.of("logits").ranges(new CrossEntropy())}.
 *
 * @param pattern a tensor's name, or a glob as in {@link LayerOverride}
 * @param values of {@link PlanSettings#OF_TENSORS}
 */
public record TensorOverride(String pattern, SettingValues values) {
  /**
   * @throws InvalidInputException if the pattern is empty or too long, or the range dynamic
   */
  public TensorOverride {
    Glob.require(pattern, "tensor");
    if (Objects.equals(values.said(PlanSettings.ACTIVATIONS), Target.DYNAMIC)) {
      throw new InvalidInputException(
          "tensor '%s': activations = dynamic is for layers; expected a number of bits or float"
              .formatted(pattern));
    }
  }

  /**
   * Returns an override without settings.
   *
   * @throws InvalidInputException if the pattern is empty or too long
   */
  public static TensorOverride of(String pattern) {
    return new TensorOverride(pattern, SettingValues.NONE);
  }

  /** Sets the bits: 2 to 8 or 16, or 0 to leave the tensor in float. */
  public TensorOverride bits(int bits) {
    return with(PlanSettings.ACTIVATIONS, bits);
  }

  /** Sets the grid. */
  public TensorOverride grid(ActivationGrid grid) {
    return with(PlanSettings.ACTIVATION_GRID, grid);
  }

  /** Sets how the range is chosen. */
  public TensorOverride ranges(ActivationRangeMethod ranges) {
    return with(PlanSettings.ACTIVATION_RANGES, ranges);
  }

  /** Gives the encoding, whatever values are observed. */
  public TensorOverride encoding(Encoding encoding) {
    boolean signed = encoding.grid().isSigned();
    return bits(encoding.grid().bits())
        .grid(signed ? ActivationGrid.SIGNED : ActivationGrid.ASYMMETRIC)
        .ranges(new GivenRange(encoding));
  }

  private <T> TensorOverride with(Setting<T> setting, T value) {
    setting.require(value, "tensor '%s': %s".formatted(pattern, setting.layerName()));
    return new TensorOverride(pattern, values.with(setting, value));
  }

  boolean matches(String name) {
    return Glob.matches(pattern, name);
  }
}
