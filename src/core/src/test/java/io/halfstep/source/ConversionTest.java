package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Half;
import io.halfstep.tensor.Tensor;
import java.math.BigDecimal;
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
  void integersKeepTheirValueInFloatsOrAreRejected(@ForAll long bits, @ForAll int shift) {
    long value = bits << shift;
    for (ElementType from : new ElementType[] {ElementType.INT64, ElementType.UINT64}) {
      BigInteger exact =
          new BigInteger(
              from == ElementType.INT64 ? Long.toString(value) : Long.toUnsignedString(value));
      Tensor tensor = Tensor.of(from, new long[] {value}, 1);
      assertExactOrRejected(tensor, ElementType.FLOAT, exact, new BigDecimal(exact.floatValue()));
      assertExactOrRejected(tensor, ElementType.DOUBLE, exact, new BigDecimal(exact.doubleValue()));
    }
  }

  private static void assertExactOrRejected(
      Tensor tensor, ElementType target, BigInteger value, BigDecimal rounded) {
    try {
      Tensor converted = Conversion.convert(tensor, target);
      double found =
          target == ElementType.FLOAT ? converted.floats()[0] : ((double[]) converted.data())[0];
      assertThat(new BigDecimal(found)).isEqualByComparingTo(new BigDecimal(value));
    } catch (RejectedException e) {
      assertThat(rounded).isNotEqualByComparingTo(new BigDecimal(value));
      assertThat(e).hasMessageContaining(value.toString());
    }
  }

  @Test
  void integersThatAFloatTypeWouldRoundAreRejected() throws RejectedException {
    assertThatThrownBy(() -> Conversion.convert(longs((1L << 62) + 1), ElementType.FLOAT))
        .isInstanceOf(RejectedException.class)
        .hasMessage(
            "4611686018427387905 is not exact as FLOAT; send floats where they may be rounded");
    assertThatThrownBy(() -> Conversion.convert(longs(Long.MAX_VALUE), ElementType.DOUBLE))
        .isInstanceOf(RejectedException.class);
    assertThatThrownBy(() -> Conversion.convert(longs(2049), ElementType.FLOAT16))
        .isInstanceOf(RejectedException.class);
    assertThatThrownBy(() -> Conversion.convert(longs(1 << 16), ElementType.FLOAT16))
        .isInstanceOf(RejectedException.class);
    assertThat(Conversion.convert(longs(Long.MIN_VALUE, 1L << 62), ElementType.FLOAT).floats())
        .containsExactly(-0x1p63f, 0x1p62f);
    assertThat((short[]) Conversion.convert(longs(-2048, 65504), ElementType.FLOAT16).data())
        .containsExactly(Half.fromFloat(-2048), Half.fromFloat(65504));
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
