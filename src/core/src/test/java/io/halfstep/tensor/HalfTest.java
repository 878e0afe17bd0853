package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import org.junit.jupiter.api.Test;

class HalfTest {
  /** The definition: sign, 5 bits of exponent (bias 15), 10 of fraction. */
  private static double defined(int bits) {
    int exponent = bits >> 10 & 0x1f;
    double fraction = (bits & 0x3ff) / 1024.0;
    double magnitude =
        exponent == 0 ? fraction * 0x1p-14 : (1 + fraction) * Math.pow(2, exponent - 15);
    return bits >> 15 == 0 ? magnitude : -magnitude;
  }

  @Test
  void everyFiniteNumberIsAsDefinedAndSurvivesTheRoundTrip() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      if ((bits & 0x7c00) != 0x7c00) {
        float value = Half.toFloat((short) bits);
        assertThat((double) value).isEqualTo(defined(bits));
        assertThat(Half.fromFloat(value)).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void infinityAndNan() {
    assertThat(Half.toFloat((short) 0x7c00)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Half.toFloat((short) 0xfc00)).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(Half.toFloat((short) 0x7e01)).isNaN();
    assertThat(Half.toFloat(Half.fromFloat(Float.NaN))).isNaN();
    assertThat(Half.fromFloat(65519.996f)).isEqualTo((short) 0x7bff);
    assertThat(Half.fromFloat(65520f)).isEqualTo((short) 0x7c00);
    assertThat(Half.fromFloat(-1e30f)).isEqualTo((short) 0xfc00);
  }

  @Property
  void roundsToTheNearestTiesToEven(@ForAll @FloatRange(min = 0, max = 65504) float value) {
    int bits = Half.fromFloat(value);
    double error = Math.abs(defined(bits) - value);
    for (int neighbour : new int[] {bits - 1, bits + 1}) {
      if (neighbour >= 0 && neighbour < 0x7c00) {
        double other = Math.abs(defined(neighbour) - value);
        assertThat(error).isLessThanOrEqualTo(other);
        assertThat(error < other || (bits & 1) == 0).isTrue();
      }
    }
  }

  @Test
  void tiesAreEvenAmongSubnormalsToo() {
    assertThat(Half.fromFloat(0x1p-25f)).isEqualTo((short) 0);
    assertThat(Half.fromFloat(3 * 0x1p-25f)).isEqualTo((short) 2);
    assertThat(Half.fromFloat(1 + 0x1p-11f)).isEqualTo((short) 0x3c00);
    assertThat(Half.fromFloat(1 + 3 * 0x1p-11f)).isEqualTo((short) 0x3c02);
  }

  @Property
  void bfloat16IsTheNearestTiesToEven(@ForAll @FloatRange(min = 0, max = 1e38f) float value) {
    short bits = Half.toBfloat16(value);
    double error = Math.abs((double) Half.ofBfloat16(bits) - value);
    for (int neighbour : new int[] {Math.max(0, bits - 1), bits + 1}) {
      double other = Math.abs((double) Half.ofBfloat16((short) neighbour) - value);
      assertThat(error).isLessThanOrEqualTo(other);
      assertThat(error < other || (bits & 1) == 0).isTrue();
    }
    assertThat(Half.toBfloat16(-value)).isEqualTo((short) (bits | 0x8000));
  }

  @Test
  void bfloat16TiesAreEven() {
    assertThat(Half.ofBfloat16(Half.toBfloat16(1 + 0x1p-8f))).isEqualTo(1);
    assertThat(Half.ofBfloat16(Half.toBfloat16(1 + 3 * 0x1p-8f))).isEqualTo(1 + 0x1p-6f);
  }
}
