package io.halfstep.quantizer;

import io.halfstep.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides how a layer's bias is stored: as int32 if the layer's input is quantized and each row of
 * its weight has one scale and no codebook, else in float. Rounding, simulation and export all use
 * this class, so that they agree.
 */
public final class BiasPolicy {
  private BiasPolicy() {}

  /**
   * A bias to be stored as int32.
   *
   * @param reals {@code [out]}
   * @param inputScale the scale of the layer's input
   */
  public record Int32(float[] reals, float inputScale) {
    /** Returns its integers, for the integers of a weight. */
    public IntegerBias round(QuantizedWeight weight) {
      return IntegerBias.of(reals, weight, inputScale);
    }
  }

  /**
   * Returns the bias if it is to be stored as int32; empty if it stays in float or there is none.
   *
   * @param bias the layer's bias, or null
   * @param input the encoding of the layer's input; null if that stays in float
   * @param weights the encoding of the layer's weight
   */
  public static Optional<Int32> int32(
      @Nullable Tensor bias, @Nullable Encoding input, Encoding weights) {
    return bias == null || input == null || weights.isBlocked() || weights.codebook() != null
        ? Optional.empty()
        : Optional.of(new Int32(bias.floats(), input.scale(0)));
  }
}
