package io.halfstep.stage;

import io.halfstep.distribution.LayerInput;
import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerPlan;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.Equalization;
import io.halfstep.tensor.RowPatches;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The quantization of an activation tensor.
 *
 * @param bits the bit width
 * @param symmetric whether the zero point must be 0
 * @param ranges the range method; unless its channels have factors, see {@link Equalization#encode}
 * @param equalized the layers whose weights may take factors of the tensor's channels: all that
 *     read it quantized, or none
 * @param implied what is known of it without samples; null if nothing is
 */
public record ActivationPlan(
    int bits,
    boolean symmetric,
    ActivationRangeMethod ranges,
    List<Reader> equalized,
    @Nullable LayerInput implied) {
  /** A layer that reads the tensor, and the plan of its weight. */
  public record Reader(Layer layer, LayerPlan plan) {
    /** Returns whether the last axis of the layer's input counts the inputs of its rows. */
    public boolean multipliesChannels() {
      return layer.patches() instanceof RowPatches rows && !rows.isTransposed();
    }

    Equalization.Weight weight() {
      return new Equalization.Weight(
          layer.layout().toRows(layer.weight().floats()),
          layer.layout().out(),
          plan.weightGrid(),
          plan.granularity());
    }
  }

  List<Equalization.Weight> weights() {
    return equalized.stream().map(Reader::weight).toList();
  }
}
