package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class EncodingTest {
  @Property
  void errsByHalfAStepAtMostWithinTheRange(
      @ForAll("encodings") Encoding encoding, @ForAll("shares") double share) {
    Grid grid = encoding.grid();
    double lowest = encoding.dequantize(grid.lowest(), 0);
    double highest = encoding.dequantize(grid.highest(), 0);
    float x = (float) (lowest + share * (highest - lowest));

    double error = Math.abs((double) roundTrip(encoding, x) - x);

    assertThat(error).isLessThanOrEqualTo(encoding.scale(0) * 0.5 + Math.ulp(x));
  }

  @Property
  void saturatesOutsideTheRange(
      @ForAll("encodings") Encoding encoding, @ForAll("shares") double share) {
    Grid grid = encoding.grid();
    float lowest = encoding.dequantize(grid.lowest(), 0);
    float highest = encoding.dequantize(grid.highest(), 0);
    float beyond = (float) (share * 1e3 * encoding.scale(0));

    assertThat(roundTrip(encoding, highest + beyond)).isEqualTo(highest);
    assertThat(roundTrip(encoding, lowest - beyond)).isEqualTo(lowest);
    assertThat(roundTrip(encoding, Float.POSITIVE_INFINITY)).isEqualTo(highest);
    assertThat(roundTrip(encoding, Float.NEGATIVE_INFINITY)).isEqualTo(lowest);
  }

  @Property
  void isMonotone(@ForAll("encodings") Encoding encoding, @ForAll float x, @ForAll float y) {
    assertThat(encoding.quantize(Math.min(x, y), 0))
        .isLessThanOrEqualTo(encoding.quantize(Math.max(x, y), 0));
  }

  @Property
  void isIdempotent(@ForAll("encodings") Encoding encoding, @ForAll("shares") double share) {
    Grid grid = encoding.grid();
    int q = grid.lowest() + (int) Math.round(share * grid.steps());

    assertThat(encoding.quantize(encoding.dequantize(q, 0), 0)).isEqualTo(q);
    float once = roundTrip(encoding, encoding.dequantize(q, 0));
    assertThat(roundTrip(encoding, once)).isEqualTo(once);
  }

  @Property
  void keepsZeroExactly(@ForAll("encodings") Encoding encoding) {
    assertThat(roundTrip(encoding, 0f)).isEqualTo(0f);
    assertThat(roundTrip(encoding, -0f)).isEqualTo(0f);
  }

  @Property
  void roundTripIsQuantizeThenDequantize(
      @ForAll("encodings") Encoding encoding, @ForAll float x, @ForAll("shares") double share) {
    float near = (float) (encoding.scale(0) * encoding.grid().highest() * (4 * share - 2));

    for (float value : new float[] {x, near}) {
      assertThat(roundTrip(encoding, value))
          .isEqualTo(encoding.dequantize(encoding.quantize(value, 0), 0));
    }
  }

  @Test
  void roundsTiesToEven() {
    Encoding encoding = Encoding.perTensor(Grid.signed(4), 2, 0);
    float[] from = {-5, -3, -1, 1, 3, 5, 7};

    float[] to = new float[from.length];
    encoding.roundTrip(from, to);

    assertThat(to).containsExactly(-4, -4, 0, 0, 4, 4, 8);
  }

  @Test
  void mayWorkInPlace() {
    float[] values = {0.2f, 0.8f, 100};

    Encoding.perTensor(Grid.signed(4), 1, 0).roundTrip(values, values);

    assertThat(values).containsExactly(0, 1, 7);
  }

  @Test
  void keepsNanApart() {
    assertThat(roundTrip(Encoding.perTensor(Grid.unsigned(8), 0.1f, 7), Float.NaN)).isNaN();
  }

  @Test
  void refusesWhatIsNoEncoding() {
    Grid grid = Grid.unsigned(4);
    for (float scale :
        new float[] {0, -1, Float.MIN_VALUE, Float.NaN, Float.POSITIVE_INFINITY, 1e-40f}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Encoding.perTensor(grid, scale, 0))
          .withMessageContaining("scale");
    }
    assertThatIllegalArgumentException().isThrownBy(() -> Encoding.perTensor(grid, 1, 16));
    assertThatIllegalArgumentException().isThrownBy(() -> Encoding.perTensor(grid, 1, -1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Encoding.perChannel(grid, new float[2], new int[1]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Encoding.perChannel(grid, new float[0], new int[0]));
  }

  @Test
  void oneScaleServesAnyChannel() {
    Encoding tensor = Encoding.perTensor(Grid.signed(8), 0.5f, 3);
    Encoding channel = Encoding.perChannel(Grid.signed(8), new float[] {1, 2}, new int[] {0, 4});

    assertThat(tensor.granularity()).isEqualTo(Granularity.TENSOR);
    assertThat(tensor.scale(17)).isEqualTo(0.5f);
    assertThat(tensor.zeroPoint(17)).isEqualTo(3);
    assertThat(channel.granularity()).isEqualTo(Granularity.CHANNEL);
    assertThat(channel.dequantize(5, 1)).isEqualTo(2f);
    assertThat(channel.symmetric()).isFalse();
  }

  @Test
  void equalsByValue() {
    Encoding one = Encoding.perChannel(Grid.signed(8), new float[] {1, 2}, new int[] {0, 4});
    Encoding same = Encoding.perChannel(Grid.signed(8), new float[] {1, 2}, new int[] {0, 4});
    Encoding other = Encoding.perChannel(Grid.signed(8), new float[] {1, 2}, new int[] {0, 5});

    assertThat(one).isEqualTo(same).hasSameHashCodeAs(same).isNotEqualTo(other);
  }

  @Provide
  static Arbitrary<Encoding> encodings() {
    Arbitrary<Grid> grids =
        Arbitraries.integers()
            .between(2, 16)
            .flatMap(b -> Arbitraries.of(Grid.signed(b), Grid.restricted(b), Grid.unsigned(b)));
    Arbitrary<Double> scales = Arbitraries.doubles().between(-20, 20).map(e -> Math.pow(2, e));
    return Combinators.combine(grids, scales, shares())
        .as(
            (grid, scale, share) ->
                Encoding.perTensor(
                    grid,
                    scale.floatValue(),
                    grid.lowest() + (int) Math.round(share * grid.steps())));
  }

  @Provide
  static Arbitrary<Double> shares() {
    return Arbitraries.doubles().between(0, 1);
  }

  private static float roundTrip(Encoding encoding, float x) {
    float[] to = new float[1];
    encoding.roundTrip(new float[] {x}, to);
    return to[0];
  }
}
