package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import java.math.BigInteger;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class StorageTypeTest {
  /** Integers that the type holds. */
  record Integers(StorageType type, int[] values) {}

  @Provide
  Arbitrary<Integers> integers() {
    return Arbitraries.of(StorageType.values())
        .flatMap(
            type ->
                Arbitraries.integers()
                    .between(lowest(type), lowest(type) + (1 << bits(type)) - 1)
                    .array(int[].class)
                    .ofMinSize(0)
                    .ofMaxSize(67)
                    .map(values -> new Integers(type, values)));
  }

  private static int bits(StorageType type) {
    return Integer.parseInt(type.name().replaceAll("\\D", ""));
  }

  private static int lowest(StorageType type) {
    return type.name().startsWith("U") ? 0 : -(1 << (bits(type) - 1));
  }

  /** The grid of all integers of the type. */
  private static Grid grid(StorageType type) {
    return lowest(type) < 0 ? Grid.signed(bits(type)) : Grid.unsigned(bits(type));
  }

  @Property
  void bytesHoldEveryInteger(@ForAll("integers") Integers given) {
    ByteString packed = given.type().pack(grid(given.type()), given.values());

    assertThat(packed.size()).isEqualTo((given.values().length * bits(given.type()) + 7) / 8);
    assertThat(unpack(given.type(), packed, given.values().length)).isEqualTo(given.values());
  }

  /** Reads the bytes as one little-endian number, {@code bits} at a time. */
  private static int[] unpack(StorageType type, ByteString raw, int length) {
    byte[] bigEndian = new byte[raw.size() + 1];
    for (int i = 0; i < raw.size(); i++) {
      bigEndian[bigEndian.length - 1 - i] = raw.byteAt(i);
    }
    BigInteger number = new BigInteger(bigEndian);
    int[] values = new int[length];
    for (int i = 0; i < length; i++) {
      int field = number.shiftRight(i * bits(type)).intValue() & ((1 << bits(type)) - 1);
      values[i] = field - lowest(type) >= 1 << bits(type) ? field - (1 << bits(type)) : field;
    }
    return values;
  }

  @Test
  void leavesTheLastHalfByteEmpty() {
    assertThat(StorageType.INT4.pack(Grid.signed(4), -1, 3, -8).toByteArray())
        .containsExactly(0x3F, 0x08);
  }

  /** {@code q + 2^(bits-1)} for each integer, the zero point among them. */
  @Test
  void bytesOfASignedGridAreHigherByHalfOfIt() {
    assertThat(StorageType.UINT8.pack(Grid.signed(8), -128, 0, 127).toByteArray())
        .containsExactly(0, 0x80, 0xFF);
    assertThat(StorageType.UINT8.pack(Grid.signed(5), -16, 0, 15).toByteArray())
        .containsExactly(0, 0x10, 0x1F);
  }

  @Test
  void takesTheSmallestTypeForWeightsAndWholeBytesForActivations() {
    assertThat(Arrays.asList(2, 3, 4, 5, 8))
        .extracting(bits -> StorageType.ofWeight(Grid.signed(bits), Target.ONNXRUNTIME_CPU).name())
        .containsExactly("INT4", "INT4", "INT4", "UINT8", "UINT8");
    assertThat(Arrays.asList(4, 5, 8))
        .extracting(bits -> StorageType.ofWeight(Grid.signed(bits), Target.GENERIC_INT8).name())
        .containsExactly("INT4", "INT8", "INT8");
    assertThat(StorageType.ofWeight(Grid.unsigned(8), Target.GENERIC_INT8))
        .isEqualTo(StorageType.UINT8);
    assertThat(Arrays.asList(2, 4, 8, 16))
        .extracting(
            bits -> StorageType.ofActivation(Grid.unsigned(bits), Target.ONNXRUNTIME_CPU).name())
        .containsExactly("UINT8", "UINT8", "UINT8", "UINT16");
    assertThat(StorageType.ofActivation(Grid.signed(8), Target.TENSORRT))
        .isEqualTo(StorageType.INT8);
    assertThat(StorageType.ofActivation(Grid.signed(8), Target.QNN)).isEqualTo(StorageType.UINT8);
    assertThat(StorageType.ofWeight(Grid.unsigned(2), Target.ONNXRUNTIME_CPU))
        .isEqualTo(StorageType.UINT4);
  }

  @Test
  void tellsWhereSaturationAloneKeepsTheGrid() {
    assertThat(StorageType.UINT8.isExactly(Grid.unsigned(8))).isTrue();
    assertThat(StorageType.UINT8.isExactly(Grid.unsigned(7))).isFalse();
    assertThat(StorageType.UINT8.isExactly(Grid.signed(8))).isTrue();
    assertThat(StorageType.UINT8.isExactly(Grid.restricted(8))).isFalse();
    assertThat(StorageType.UINT16.isExactly(Grid.unsigned(16))).isTrue();
  }
}
