package io.halfstep.network;

import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A layer after its run.
 *
 * @param name the layer's name in the graph
 * @param weight the integers and their encoding
 * @param bias the bias, corrected if the plan says so; null if there is none
 * @param rounding the solver's label, e.g. {@code lattice}
 * @param loss L of the solution (see {@link io.halfstep.statistics.Moments})
 * @param nearestLoss L of rounding to nearest
 * @param flips the number of weights that differ from nearest
 * @param sqnrDb the SQNR of the layer's output, student against teacher, in dB; NaN if there were
 *     no samples
 * @param seconds wall-clock seconds of the solver
 * @param note for the user (e.g. about a scale raised for the bias), or empty
 */
public record QuantizedLayer(
    String name,
    QuantizedWeight weight,
    @Nullable Tensor bias,
    String rounding,
    double loss,
    double nearestLoss,
    int flips,
    double sqnrDb,
    double seconds,
    String note) {

  /** Returns {@code L / L(nearest)}; 1 if both are 0. */
  public double ratio() {
    return nearestLoss > 0 ? loss / nearestLoss : 1;
  }
}
