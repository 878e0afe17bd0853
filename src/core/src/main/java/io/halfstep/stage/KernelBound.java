package io.halfstep.stage;

import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerPlan;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.PairBound;
import org.jspecify.annotations.Nullable;

/** The bound that a target's integer kernel sets for the weights of a layer. */
final class KernelBound {
  private KernelBound() {}

  /**
   * Returns the bound; null if there is none.
   *
   * @param factors of the input's channels
   */
  static @Nullable PairBound of(
      Layer layer, float[] weight, LayerPlan plan, ChannelFactors factors) {
    int channels = layer.inputChannels() / layer.layout().groups();
    int rowsPerGroup = layer.layout().out() / layer.layout().groups();
    boolean isBound =
        plan.boundsPairs()
            && layer.operator().hasIntegerKernel()
            && PairBound.isFor(channels, rowsPerGroup);
    return isBound
        ? PairBound.of(factors.times(weight), layer.layout().k(), channels).times(factors.inverse())
        : null;
  }
}
