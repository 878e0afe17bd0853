package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Granularity;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import org.jspecify.annotations.Nullable;

/**
 * What differs for the layers whose name matches; null: as for all.
 *
 * @param pattern a layer's name, or a glob ({@code *} any run of characters, {@code ?} one, {@code
 *     {a,b}} either)
 * @param bits 2 to 8
 * @param skip true leaves the layer in float
 */
public record LayerOverride(
    String pattern,
    @Nullable Integer bits,
    @Nullable RoundingMethod rounding,
    @Nullable Granularity granularity,
    @Nullable WeightGrid weightGrid,
    @Nullable Reach reach,
    @Nullable Boolean skip) {
  private static final int LONGEST_PATTERN = 1000;

  /**
   * @throws InvalidInputException if the pattern is empty or too long, or the bits are out of range
   */
  public LayerOverride {
    if (pattern.isEmpty()) {
      throw new InvalidInputException("a layer pattern is empty: expected a name or a glob");
    }
    if (pattern.length() > LONGEST_PATTERN) {
      throw new InvalidInputException(
          "a layer pattern has %d characters: expected at most %d"
              .formatted(pattern.length(), LONGEST_PATTERN));
    }
    if (bits != null) {
      Plan.checkWeightBits(bits, "layer '" + pattern + "'");
    }
  }

  /** Whether this is about the layer of that name. */
  public boolean matches(String name) {
    return name.equals(pattern) || Glob.matches(pattern, name);
  }
}
