package io.halfstep.inspection;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.stage.QuantizedInput;
import io.halfstep.tensor.NonFinite;
import io.halfstep.tensor.Tensor;
import java.util.Map;

/** Checks before a run that what will be quantized is finite. */
public final class FiniteParameters {
  private FiniteParameters() {}

  /**
   * Checks the weights, and the biases that become integers.
   *
   * @throws InvalidInputException if a value is NaN or infinite
   */
  public static void require(StageGraph graph, Plan plan) {
    Map<String, QuantizedInput> quantized = QuantizedInput.of(graph, plan);
    for (Layer layer : graph.layers()) {
      LayerPlan how = plan.layer(layer.name()).orElse(null);
      if (how == null) {
        continue;
      }
      require(graph, layer, "weight", 1, layer.weight(), "");
      Tensor bias = layer.bias();
      boolean blocks = how.granularity().unit() == Unit.BLOCK && layer.layout().inputAxis() >= 0;
      if (bias != null && quantized.containsKey(layer.input()) && !blocks) {
        require(graph, layer, "bias", 2, bias, ", leave activations in float");
      }
    }
  }

  private static void require(
      StageGraph graph, Layer layer, String role, int input, Tensor tensor, String alternative) {
    String found = NonFinite.of(tensor);
    if (found != null) {
      throw new InvalidInputException(
          "%s: layer '%s' (%s): its %s '%s' %s holds %s, expected finite values; correct the model%s, or skip the layer in a plan"
              .formatted(
                  graph.model().path(),
                  layer.name(),
                  layer.op(),
                  role,
                  layer.node().getInput(input),
                  tensor,
                  found,
                  alternative));
    }
  }
}
