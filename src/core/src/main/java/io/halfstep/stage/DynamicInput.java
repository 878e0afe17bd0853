package io.halfstep.stage;

import io.halfstep.graph.AmxTiles;
import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerPlan;
import io.halfstep.protocol.Activation;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.ranges.DynamicRange;
import org.jspecify.annotations.Nullable;

/**
 * The input of a layer that is quantized over the range of its own values whenever the model runs.
 *
 * <p>ONNX Runtime does so in front of a product of integers (DynamicQuantizeMatMul,
 * MatMulIntegerToFloat): of a matrix with one scale, or one for each column. Its ConvInteger has
 * one scale for all channels, and its products with blocks of 4 bits round their inputs by
 * themselves.
 *
 * <p>Calibration chooses the factors of the input's channels, if few of them dominate it.
 */
public final class DynamicInput {
  /** Bits of its integers. */
  public static final int BITS = 8;

  private DynamicInput() {}

  /** Returns whether the plan asks for it, and ONNX Runtime computes such a layer in integers. */
  public static boolean isOf(Layer layer, LayerPlan plan) {
    return plan.hasDynamicInput()
        && layer.isMatrixProduct()
        && plan.granularity().unit() != Unit.BLOCK
        && plan.levels().isUniform()
        && !AmxTiles.areWrongFor(layer);
  }

  /**
   * Returns the activation as the student sees it: all samples of the batch have one range.
   *
   * @param observed an encoding with the factors of its channels; null if it has none
   */
  static Activation quantized(Activation real, @Nullable Encoding observed) {
    ChannelFactors factors = observed == null ? ChannelFactors.NONE : observed.factors();
    float[] divided = factors.inverse().times(real.student().floats());
    return real.quantized(DynamicRange.of(divided).withFactors(factors));
  }
}
