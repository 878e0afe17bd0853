package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LevelPackingTest {
  @ParameterizedTest
  @CsvSource({"2,8", "3,5", "4,4", "5,3", "6,3", "7,2", "8,2", "15,2", "16,2", "17,1", "256,1"})
  void theTableUnpacksWhatWasPacked(int size, int digits) {
    LevelPacking packing = LevelPacking.of(size);
    assertThat(packing.digits()).isEqualTo(digits);
    byte[] table = packing.table();
    for (int count : new int[] {1, digits, 101}) {
      int[] indices = new Random(size).ints(count, 0, size).toArray();
      byte[] packed = packing.pack(indices);
      assertThat(packed).hasSize((int) packing.bytes(count));
      for (int i = 0; i < count; i++) {
        int value = Byte.toUnsignedInt(packed[i / digits]);
        assertThat(Byte.toUnsignedInt(table[value * digits + i % digits])).isEqualTo(indices[i]);
      }
    }
  }
}
