package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class EncodingTest {
  @Property
  void errsByHalfAStepAtMostWithinTheRange(
      @ForAll("encodings") Encoding encoding, @ForAll("shares") double share) {
    Grid grid = encoding.grid();
    double lowest = encoding.dequantize(grid.lowest(), 0);
    double highest = encoding.dequantize(grid.highest(), 0);
    float x = (float) (lowest + share * (highest - lowest));

    float rounded = roundTrip(encoding, x);

    // the quotient x/s and the product s·(q − z) are rounded to single precision
    double inSinglePrecision = (Math.ulp(x) + Math.ulp(rounded)) / 2;
    assertThat(Math.abs((double) rounded - x))
        .isLessThanOrEqualTo(encoding.scale(0) * 0.5 + inSinglePrecision);
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

  /** Rows of five inputs in blocks of two, the last of one. */
  private static final Encoding BLOCKS =
      Encoding.perBlock(
          Grid.unsigned(4), 2, 3, new float[] {1, 2, 3, 4, 5, 6}, new int[] {0, 1, 2, 3, 4, 5});

  @Test
  void aBlockHasItsOwnScale() {
    float[] scales = new float[5];
    int[] zeroPoints = new int[5];
    BLOCKS.spread(1, scales, zeroPoints);

    assertThat(scales).containsExactly(4, 4, 5, 5, 6);
    assertThat(zeroPoints).containsExactly(3, 3, 4, 4, 5);
    assertThat(BLOCKS.granularity()).isEqualTo(Granularity.block(2));
    assertThat(BLOCKS.channels()).isEqualTo(2);
    assertThat(BLOCKS.blocks()).isEqualTo(3);
    assertThat(BLOCKS.isBlocked()).isTrue();
    assertThat(BLOCKS.fits(2, 5)).isTrue();
    assertThat(BLOCKS.fits(2, 6)).isTrue();
    assertThat(BLOCKS.fits(2, 4)).isFalse();
    assertThat(BLOCKS.fits(2, 7)).isFalse();
    assertThat(BLOCKS.fits(1, 5)).isFalse();
    assertThat(BLOCKS.symmetric()).isFalse();
    assertThatIllegalStateException().isThrownBy(() -> BLOCKS.scale(0));
    assertThatIllegalStateException().isThrownBy(() -> BLOCKS.zeroPoint(0));
  }

  @Test
  void aChannelSpreadsItsScale() {
    float[] scales = new float[2];
    int[] zeroPoints = new int[2];
    Encoding.perChannel(Grid.signed(8), new float[] {1, 2}, new int[] {0, 4})
        .spread(1, scales, zeroPoints);

    assertThat(scales).containsExactly(2, 2);
    assertThat(zeroPoints).containsExactly(4, 4);
  }

  @Test
  void aBlockThatIsARowIsAChannel() {
    Encoding blocks = Encoding.perBlock(Grid.signed(4), 9, 1, new float[] {1, 2}, new int[2]);

    assertThat(blocks)
        .isEqualTo(Encoding.perChannel(Grid.signed(4), new float[] {1, 2}, new int[2]));
    assertThat(blocks.granularity()).isEqualTo(Granularity.CHANNEL);
    assertThat(blocks.fits(2, 7)).isTrue();
  }

  @Property
  void aSliceSpreadsAsTheWholeDoes(
      @ForAll @IntRange(min = 1, max = 9) int blockSize,
      @ForAll @IntRange(min = 1, max = 40) int k,
      @ForAll("shares") double begin,
      @ForAll("shares") double end) {
    int blocks = (k - 1) / blockSize + 1;
    float[] scales = new float[2 * blocks];
    int[] zeroPoints = new int[2 * blocks];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = i + 1;
      zeroPoints[i] = i % 16;
    }
    Encoding whole = Encoding.perBlock(Grid.unsigned(4), blockSize, blocks, scales, zeroPoints);
    int from = (int) (begin * (k - 1));
    int to = from + 1 + (int) (end * (k - from - 1));

    Encoding slice = whole.slice(from, to);

    assertThat(slice.fits(2, to - from)).isTrue();
    float[] all = new float[k];
    int[] allZeros = new int[k];
    float[] some = new float[to - from];
    int[] someZeros = new int[to - from];
    for (int row = 0; row < 2; row++) {
      whole.spread(row, all, allZeros);
      slice.spread(row, some, someZeros);
      assertThat(some).containsExactly(Arrays.copyOfRange(all, from, to));
      assertThat(someZeros).containsExactly(Arrays.copyOfRange(allZeros, from, to));
    }
  }

  @Test
  void refusesWhatAreNoBlocks() {
    Grid grid = Grid.unsigned(4);
    float[] scales = {1, 1, 1, 1};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Encoding.perBlock(grid, 2, 3, scales, new int[4]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Encoding.perBlock(grid, 0, 2, scales, new int[4]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BLOCKS.with(scales, new int[4]))
        .withMessageContaining("4 scales in the place of 6");
  }

  @Test
  void equalsByValue() {
    Encoding one = Encoding.perChannel(Grid.signed(8), new float[] {1, 2}, new int[] {0, 4});
    Encoding same = Encoding.perChannel(Grid.signed(8), new float[] {1, 2}, new int[] {0, 4});
    Encoding other = Encoding.perChannel(Grid.signed(8), new float[] {1, 2}, new int[] {0, 5});

    assertThat(BLOCKS)
        .isEqualTo(BLOCKS.with(BLOCKS.scales(), BLOCKS.zeroPoints()))
        .isNotEqualTo(
            Encoding.perBlock(Grid.unsigned(4), 3, 3, BLOCKS.scales(), BLOCKS.zeroPoints()))
        .isNotEqualTo(Encoding.perChannel(Grid.unsigned(4), BLOCKS.scales(), BLOCKS.zeroPoints()));
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
