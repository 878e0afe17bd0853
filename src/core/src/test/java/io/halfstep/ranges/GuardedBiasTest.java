package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.QuantizedWeight;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class GuardedBiasTest {
  @Property
  void everyBiasFitsInto32Bits(
      @ForAll @DoubleRange(min = -37, max = 3) double weightExponent,
      @ForAll @DoubleRange(min = -30, max = 3) double inputExponent,
      @ForAll @DoubleRange(min = -20, max = 3) double biasExponent) {
    float inputScale = (float) Math.pow(10, inputExponent);
    float bias = (float) -Math.pow(10, biasExponent);
    Encoding weights = Encoding.perTensor(Grid.signed(8), (float) Math.pow(10, weightExponent), 0);

    GuardedEncoding guarded = WeightRanges.guardBias(weights, new float[] {bias}, inputScale);

    float step = guarded.encoding().scale(0) * inputScale;
    assertThat(step).isGreaterThanOrEqualTo(Float.MIN_NORMAL);
    assertThat(Math.abs(bias / (double) step)).isLessThan(0x1.001p30);
    float before = weights.scale(0) * inputScale;
    boolean fitted = before >= 2 * Float.MIN_NORMAL && Math.abs(bias) / (double) before <= 0x1p30;
    assertThat(guarded.raised().isEmpty()).isEqualTo(fitted);
    assertThat(guarded.encoding().equals(weights)).isEqualTo(fitted);
  }

  /** Integers learned on a guarded encoding are exported unchanged. */
  @Property
  void nothingIsLeftForTheIntegerBiasToRaise(
      @ForAll @DoubleRange(min = -37, max = 3) double weightExponent,
      @ForAll @DoubleRange(min = -30, max = 3) double inputExponent,
      @ForAll @DoubleRange(min = -20, max = 9) double biasExponent) {
    float inputScale = (float) Math.pow(10, inputExponent);
    float[] bias = {(float) Math.pow(10, biasExponent)};
    Encoding weights = Encoding.perTensor(Grid.signed(8), (float) Math.pow(10, weightExponent), 0);
    QuantizedWeight learned =
        new QuantizedWeight(
            new int[] {3}, 1, 1, WeightRanges.guardBias(weights, bias, inputScale).encoding());

    IntegerBias integers = IntegerBias.of(bias, learned, inputScale);

    assertThat(integers.weight()).isSameAs(learned);
    assertThat(integers.raised()).isZero();
  }

  @Test
  void raisesNoMoreThanNeeded() {
    Encoding weights = Encoding.perTensor(Grid.signed(4), 1e-9f, 0);

    GuardedEncoding guarded = WeightRanges.guardBias(weights, new float[] {1000}, 0.01f);

    double steps = 1000 / ((double) guarded.encoding().scale(0) * 0.01f);
    assertThat(steps).isBetween(0.999 * 0x1p30, 1.001 * 0x1p30);
  }

  @Test
  void raisesOnlyTheRowsThatNeedIt() {
    Encoding weights =
        Encoding.perChannel(
            Grid.unsigned(4), new float[] {0.1f, 1e-12f, 0.3f}, new int[] {3, 7, 15});

    GuardedEncoding guarded = WeightRanges.guardBias(weights, new float[] {1, 5, -7}, 1e-3f);

    assertThat(guarded.raised()).containsExactly(1);
    assertThat(guarded.encoding().scale(0)).isEqualTo(0.1f);
    assertThat(guarded.encoding().scale(1)).isGreaterThan(1e-12f);
    assertThat(guarded.encoding().scale(2)).isEqualTo(0.3f);
    assertThat(guarded.encoding().zeroPoint(1)).isEqualTo(7);
  }

  @Test
  void aSharedScaleServesTheLargestBias() {
    Encoding weights = Encoding.perTensor(Grid.signed(4), 1e-9f, 0);

    GuardedEncoding guarded =
        WeightRanges.guardBias(weights, new float[] {0, -40, 1e-9f, 20}, 1e-3f);

    assertThat(guarded.raised()).containsExactly(1, 3);
    assertThat(guarded.encoding())
        .isEqualTo(WeightRanges.guardBias(weights, new float[] {-40}, 1e-3f).encoding());
  }
}
