package io.halfstep.widths;

import io.halfstep.allocation.Assignment;
import io.halfstep.allocation.Bits;
import io.halfstep.allocation.Choice;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan.Sensitivity;
import io.halfstep.plan.PlanSettings;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.ranges.WeightRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The errors at the outputs that the widths of a layer cause, by the curvature of the error along
 * its weights. Of a change δ of its n weights:
 *
 * <pre>
 *   hessian-trace: Ω = Σ_i c_i / n · Σ_i δ_i²      (HAWQ-V2, arXiv 1911.03852)
 *   fisher:        Ω = Σ_i c_i · δ_i²
 * </pre>
 *
 * where c_i is the error that a change by 1 of weight i alone makes, to second order, and δ is of
 * rounding to nearest.
 */
public final class CurvatureErrors {
  private final WidthCosts costs;
  private final Sensitivity sensitivity;

  /**
   * @param sensitivity one that takes gradients
   * @throws InvalidInputException if bits of activations are to be chosen, too
   */
  public CurvatureErrors(WidthCosts costs, Sensitivity sensitivity) {
    this.costs = costs;
    this.sensitivity = sensitivity;
    costs.allowed().layers().stream()
        .filter(costs.allowed()::isOpen)
        .findFirst()
        .ifPresent(this::refuse);
  }

  private void refuse(Layer open) {
    throw new InvalidInputException(
        "sensitivity %s tells the cost of fewer bits of weights, but those of the input '%s' of layer '%s' are to be chosen, too: set activations, or sensitivity to %s"
            .formatted(name(sensitivity), open.input(), open.name(), name(Sensitivity.OUTPUT)));
  }

  private static String name(Sensitivity sensitivity) {
    return PlanSettings.SENSITIVITY.syntax().write(sensitivity);
  }

  /**
   * Returns the widths of a layer with their errors. Rows are processed in parallel on the calling
   * ForkJoinPool.
   *
   * @param curvature of the layer, in ONNX order
   */
  public Choice choice(Layer layer, float[] curvature) {
    float[] weight = layer.layout().toRows(layer.weight().floats());
    float[] along = layer.layout().toRows(curvature);
    double mean = 0;
    for (float c : along) {
      mean += c / along.length;
    }
    List<Assignment> options = new ArrayList<>();
    for (Map.Entry<Bits, Long> cost : costs.of(layer).entrySet()) {
      float[] nearest = nearest(layer, weight, cost.getKey().weights());
      double error = 0;
      for (int i = 0; i < weight.length; i++) {
        double delta = (double) nearest[i] - weight[i];
        error += (sensitivity == Sensitivity.FISHER ? along[i] : mean) * delta * delta;
      }
      options.add(new Assignment(Map.of(layer.name(), cost.getKey()), cost.getValue(), error));
    }
    return new Choice(options);
  }

  private float[] nearest(Layer layer, float[] weight, int bits) {
    LayerPlan how = costs.allowed().plan(layer).withBits(bits);
    int out = layer.layout().out();
    int k = layer.layout().k();
    Encoding encoding =
        WeightRanges.encode(
            weight,
            out,
            k,
            how.weightGrid(),
            how.granularity().whereBlocks(layer.layout().inputAxis() >= 0),
            how.ranges());
    return QuantizedWeight.nearest(weight, out, k, encoding).dequantize();
  }
}
