package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Half;
import io.halfstep.tensor.Tensor;
import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConversionTest {
  private static Tensor longs(long... values) {
    return Tensor.of(ElementType.INT64, values, values.length);
  }

  private static Tensor doubles(double... values) {
    return Tensor.of(ElementType.DOUBLE, values, values.length);
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"UINT64", "BFLOAT16"},
      mode = EnumSource.Mode.EXCLUDE)
  void zeroAndOneSurviveEveryPairOfTypes(ElementType through) throws RejectedException {
    Tensor start = longs(0, 1, 1);
    Tensor there = Conversion.convert(start, through);
    assertThat(there.type()).isEqualTo(through);
    for (ElementType target : ElementType.values()) {
      if (target != ElementType.UINT64 && target != ElementType.BFLOAT16) {
        Tensor further = Conversion.convert(there, target);
        assertThat(further.data()).isEqualTo(Conversion.convert(start, target).data());
      }
    }
  }

  @Test
  void unsignedBytesAreNotNegative() throws RejectedException {
    Tensor bytes = Tensor.of(ElementType.UINT8, new byte[] {0, 127, (byte) 128, -1}, 4);
    assertThat(Conversion.convert(bytes, ElementType.FLOAT).floats())
        .containsExactly(0, 127, 128, 255);
    assertThat(Conversion.convert(bytes, ElementType.INT64).data())
        .isEqualTo(new long[] {0, 127, 128, 255});
    Tensor ints = Tensor.of(ElementType.UINT32, new int[] {-1}, 1);
    assertThat(Conversion.convert(ints, ElementType.INT64).data())
        .isEqualTo(new long[] {4294967295L});
  }

  @Property
  void unsignedLongsAreRoundedOnce(@ForAll long bits) throws RejectedException {
    Tensor tensor = Tensor.of(ElementType.UINT64, new long[] {bits}, 1);
    double[] converted = (double[]) Conversion.convert(tensor, ElementType.DOUBLE).data();
    double exact = new BigInteger(Long.toUnsignedString(bits)).doubleValue();
    assertThat(converted[0]).isEqualTo(exact);
  }

  @Property
  void floatsAreRoundedToNearest(@ForAll double value) throws RejectedException {
    assertThat(Conversion.convert(doubles(value), ElementType.FLOAT).floats())
        .containsExactly((float) value);
    assertThat((short[]) Conversion.convert(doubles(value), ElementType.FLOAT16).data())
        .containsExactly(Half.fromFloat((float) value));
  }

  @Property
  void integralFloatsBecomeIntegers(@ForAll int value) throws RejectedException {
    assertThat(Conversion.convert(doubles(value), ElementType.INT32).data())
        .isEqualTo(new int[] {value});
  }

  @Test
  void whatAnIntegerCanNotHoldIsRejected() {
    assertThatThrownBy(() -> Conversion.convert(doubles(1, 2.5), ElementType.INT64))
        .isInstanceOf(RejectedException.class)
        .hasMessageContaining("2.5");
    assertThatThrownBy(() -> Conversion.convert(doubles(Double.NaN), ElementType.INT64))
        .isInstanceOf(RejectedException.class);
    assertThatThrownBy(() -> Conversion.convert(doubles(1e300), ElementType.INT64))
        .isInstanceOf(RejectedException.class);
    assertThatThrownBy(() -> Conversion.convert(longs(1L << 31), ElementType.INT32))
        .isInstanceOf(RejectedException.class)
        .hasMessage("2147483648 does not fit into INT32");
    assertThatThrownBy(() -> Conversion.convert(longs(-1), ElementType.UINT8))
        .isInstanceOf(RejectedException.class);
    assertThatThrownBy(() -> Conversion.convert(longs(2), ElementType.BOOL))
        .isInstanceOf(RejectedException.class);
  }

  @Test
  void onlyFiniteNumbersPass() throws RejectedException {
    Conversion.requireFinite(longs(Long.MIN_VALUE));
    Conversion.requireFinite(doubles(Double.MAX_VALUE));
    assertThatThrownBy(() -> Conversion.requireFinite(Tensor.of(new float[] {0, Float.NaN}, 2)))
        .isInstanceOf(RejectedException.class)
        .hasMessage("NaN at element 1");
    assertThatThrownBy(() -> Conversion.requireFinite(doubles(Double.NEGATIVE_INFINITY)))
        .isInstanceOf(RejectedException.class);
    Tensor half = Tensor.of(ElementType.FLOAT16, new short[] {(short) 0xfc00}, 1);
    assertThatThrownBy(() -> Conversion.requireFinite(half))
        .isInstanceOf(RejectedException.class)
        .hasMessageContaining("-Infinity");
  }
}
