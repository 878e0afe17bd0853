package io.halfstep.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ShiftTest {
  private static final int SIDE = Shift.SIDE;

  private final byte[] image = new byte[SIDE * SIDE];

  private int shifted(Shift shift, int row, int column) {
    return Byte.toUnsignedInt(shift.of(image, new Random(0))[row * SIDE + column]);
  }

  @Test
  void pixels() {
    image[0] = (byte) 200;

    assertThat(shifted(Shift.NONE, 0, 0)).isEqualTo(200);
    assertThat(shifted(Shift.INVERTED, 0, 0)).isEqualTo(55);
    assertThat(shifted(Shift.BRIGHTENED, 0, 0)).isEqualTo(255);
    assertThat(shifted(Shift.BRIGHTENED, 1, 1)).isEqualTo(77);
  }

  /** The two means together weigh a pixel in the middle by (1, 2, 3, 2, 1)/9 in both directions. */
  @Test
  void twoMeansOfThreeByThree() {
    image[5 * SIDE + 7] = (byte) 243;

    assertThat(shifted(Shift.BLURRED, 5, 7)).isEqualTo(27);
    assertThat(shifted(Shift.BLURRED, 5, 8)).isEqualTo(18);
    assertThat(shifted(Shift.BLURRED, 3, 5)).isEqualTo(3);
    assertThat(shifted(Shift.BLURRED, 2, 7)).isZero();
  }
}
