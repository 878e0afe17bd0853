package io.halfstep.stage;

import io.halfstep.distribution.LayerInput;
import io.halfstep.graph.Layer;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.PlanSettings;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.ranges.ActivationRangeMethod;
import io.halfstep.ranges.ActivationRanges;
import io.halfstep.ranges.BatchNormRange;
import io.halfstep.ranges.Equalization;
import io.halfstep.ranges.GivenRange;
import io.halfstep.ranges.SampledRangeMethod;
import io.halfstep.ranges.UnitRange;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.statistics.SampleStatistics;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The quantization of an activation tensor.
 *
 * @param bits the bit width
 * @param symmetric whether the zero point must be 0
 * @param signed whether the integers are signed even if no value is negative; then symmetric
 * @param ranges the range method; unless its channels have factors, see {@link Equalization#encode}
 * @param equalized the layers whose weights may take factors of the tensor's channels: all that
 *     read it quantized, or none
 * @param implied what is known of it without samples; null if nothing is
 * @param seed of the range method's random choices
 */
public record ActivationPlan(
    int bits,
    boolean symmetric,
    boolean signed,
    ActivationRangeMethod ranges,
    List<Reader> equalized,
    @Nullable LayerInput implied,
    long seed) {
  /** A layer that reads the tensor, and the plan of its weight. */
  public record Reader(Layer layer, LayerPlan plan) {
    /** Returns whether the layer reads the tensor quantized. */
    public boolean quantizes() {
      return plan.quantizesInput() || isDynamic();
    }

    /** Returns whether the layer quantizes the tensor over a range of its own. */
    public boolean isDynamic() {
      return DynamicInput.isOf(layer, plan);
    }

    Equalization.Weight weight() {
      return new Equalization.Weight(
          layer.layout().toRows(layer.weight().floats()),
          layer.layout().out(),
          plan.weightGrid(),
          plan.granularity());
    }
  }

  /**
   * Returns the quantization of a layer's input.
   *
   * @param unit whether its values are from 0 to 1
   * @param implied what is known of it without samples
   */
  public static ActivationPlan of(
      LayerPlan plan, boolean unit, List<Reader> equalized, @Nullable LayerInput implied) {
    boolean isDynamic = plan.hasDynamicInput();
    return new ActivationPlan(
        isDynamic ? DynamicInput.BITS : plan.activationBits(),
        !isDynamic && plan.symmetricInput(),
        !isDynamic && plan.signedInput(),
        unit && plan.givenInput() == null ? new UnitRange() : plan.activationRanges(),
        equalized,
        implied,
        plan.get(PlanSettings.SEED));
  }

  /** Returns the encoding if it is given; null if values decide it. */
  @Nullable Encoding given() {
    return ranges instanceof GivenRange given ? given.encoding() : null;
  }

  /** Creates what observes single samples; null if the statistics of all values are enough. */
  @Nullable SampleStatistics observer() {
    return ranges instanceof SampledRangeMethod sampled ? sampled.observer(seed) : null;
  }

  /** Chooses the encoding for observed values. */
  public Encoding encode(ActivationStatistics values) {
    return encode(values, ranges);
  }

  /**
   * Chooses it where single samples were observed, too.
   *
   * @param samples by an {@link #observer}; null if there is none
   */
  Encoding encode(ActivationStatistics values, @Nullable SampleStatistics samples) {
    return encode(values, informed(samples));
  }

  /** Returns the range method with all that it can know of this tensor. */
  private ActivationRangeMethod informed(@Nullable SampleStatistics samples) {
    if (samples != null && ranges instanceof SampledRangeMethod sampled) {
      return sampled.given(samples);
    }
    return implied != null && ranges instanceof BatchNormRange batchNorm
        ? batchNorm.given(implied.least(), implied.greatest())
        : ranges;
  }

  /** Chooses it by another range method. */
  Encoding encode(ActivationStatistics values, ActivationRangeMethod by) {
    Encoding given = given();
    if (given != null) {
      return given;
    }
    return signed
        ? ActivationRanges.encode(values, Grid.signed(bits), true, by)
        : ActivationRanges.encode(values, bits, symmetric, by);
  }

  /** Chooses the encoding without samples; null if nothing is known of the values. */
  @Nullable Encoding derive() {
    Encoding given = given();
    if (given != null || implied == null) {
      return given;
    }
    return signed
        ? ActivationRanges.encode(implied.least(), implied.greatest(), Grid.signed(bits), true)
        : ActivationRanges.encode(implied.least(), implied.greatest(), bits, symmetric);
  }

  List<Equalization.Weight> weights() {
    return equalized.stream().map(Reader::weight).toList();
  }
}
