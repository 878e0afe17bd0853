package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.FloatRange;

class PowerTest {
  private static final Power POWER_24 = new Power(2.4);

  @Property
  void staysWithinItsBound(
      @ForAll @FloatRange(max = 5) float t, @ForAll @DoubleRange(min = 1, max = 4) double p) {
    assertThat(new Power(p).of(t)).isCloseTo(Math.pow(t, p), within(1e-4));
    assertThat(POWER_24.of(t)).isCloseTo(Math.pow(t, 2.4), within(4e-6));
  }

  @Property
  void growsWithItsArgument(
      @ForAll @FloatRange(max = 100) float t, @ForAll @FloatRange(max = 100) float u) {
    assertThat(POWER_24.of(Math.min(t, u))).isLessThanOrEqualTo(POWER_24.of(Math.max(t, u)));
  }
}
