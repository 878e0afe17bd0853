package io.halfstep.plan;

import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Granularity;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What differs for the layers whose name matches; null: as for all.
 *
 * @param pattern a layer's name, or a glob ({@code *} any run of characters, {@code ?} one, {@code
 *     {a,b}} either)
 */
public record LayerOverride(
    String pattern,
    @Nullable Integer bits,
    @Nullable RoundingMethod rounding,
    @Nullable Granularity granularity,
    @Nullable WeightGrid weightGrid,
    @Nullable Boolean skip) {

  /** Whether this is about the layer of that name. */
  public boolean matches(String name) {
    // Layer names hold slashes and dots; a glob's * is to run over them as over any character.
    String flat = name.replace('/', '\u0001');
    return name.equals(pattern)
        || FileSystems.getDefault()
            .getPathMatcher("glob:" + pattern.replace('/', '\u0001'))
            .matches(Path.of(flat));
  }
}
