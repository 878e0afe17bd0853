package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BitPlanesTest {
  /** Planes of the fours, twos and ones; 16 integers have 2 bytes in each. */
  @Test
  void byteIHoldsTheIntegersOfEverySecondPlace() {
    int[] integers = {7, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3};
    assertThat(BitPlanes.pack(integers, 3))
        .containsExactly(
            0b0000_0001, 0b0000_0001, 0b0000_0001, (byte) 0b1000_0010, (byte) 0b1000_0001, -128);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 6, 7})
  void integersAreSumsOfTheirBits(int bits) {
    for (int count = 8; count < 100; count += 8) {
      int[] integers = new Random(count).ints(count, -(1 << (bits - 1)), 1 << (bits - 1)).toArray();
      byte[] planes = BitPlanes.pack(integers, bits);
      assertThat(planes).hasSize((int) BitPlanes.bytes(bits, count)).hasSize(count * bits / 8);
      int n = count / 8;
      int[] sums = new int[count];
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < bits; j++) {
          int bit = (planes[j * n + i % n] & 0xFF) >> (i / n) & 1;
          int value = (int) Math.pow(2, bits - 1 - j);
          sums[i] += (j == 0 ? -value : value) * bit;
        }
      }
      assertThat(sums).isEqualTo(integers);
    }
  }
}
