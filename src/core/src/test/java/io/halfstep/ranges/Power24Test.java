package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;

class Power24Test {
  @Property
  void staysWithinItsBound(@ForAll @FloatRange(max = 5) float t) {
    assertThat(Power24.of(t)).isCloseTo(Math.pow(t, 2.4), within(4e-6));
  }

  @Property
  void growsWithItsArgument(
      @ForAll @FloatRange(max = 100) float t, @ForAll @FloatRange(max = 100) float u) {
    assertThat(Power24.of(Math.min(t, u))).isLessThanOrEqualTo(Power24.of(Math.max(t, u)));
  }
}
