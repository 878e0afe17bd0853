package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.WeightLevels;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StoredSizeTest {
  private static final StoredSize SIZE =
      StoredSize.in(
          NearestNetwork.of(
                  TinyModel.opset(21)
                      .input("x", 1, 8)
                      .weights("w", 8, 2)
                      .node("MatMul", "x w", "y")
                      .outputs("y")
                      .build())
              .build()
              .graph(),
          Target.ONNXRUNTIME_CPU);

  /** D. A. Huffman 1952, table I: an average of 3.42 for 13 messages, in hundredths. */
  @Test
  void codesHaveTheLengthOfHuffmansExample() {
    long[] counts = {20, 18, 10, 10, 10, 6, 6, 4, 4, 4, 4, 3, 1};
    assertThat(HuffmanCode.bits(counts)).isEqualTo(342);
  }

  @Test
  void oneSymbolTakesABitEach() {
    assertThat(HuffmanCode.bits(new long[] {0, 7, 0})).isEqualTo(7);
    assertThat(HuffmanCode.bits(new long[3])).isZero();
  }

  /** Shannon: from the entropy to one bit per symbol more. */
  @Test
  void codesAreNearTheEntropy() {
    Random random = new Random(1);
    for (int n = 2; n <= 256; n *= 2) {
      long[] counts = random.longs(n, 1, 5000).toArray();
      double total = Arrays.stream(counts).sum();
      double entropy =
          Arrays.stream(counts).mapToDouble(c -> -c * Math.log(c / total) / Math.log(2)).sum();
      assertThat((double) HuffmanCode.bits(counts)).isBetween(entropy - 1e-6, entropy + total);
    }
  }

  @Test
  void integersHaveAScaleAndAZeroPointPerChannel() {
    Encoding encoding = Encoding.perChannel(Grid.signed(4), new float[] {1, 2}, new int[2]);
    QuantizedWeight weight =
        new QuantizedWeight(new int[] {0, 0, 0, 0, 0, 0, 0, 1}, 2, 4, encoding);
    assertThat(SIZE.of(weight)).isEqualTo(4 + 2 * 4 + 1);
    // a bit for each integer, a byte for each of 16 code lengths
    assertThat(SIZE.huffman(weight)).isEqualTo(1 + 16 + 2 * 4 + 1);
  }

  @Test
  void indicesHaveACodebook() {
    Codebook codebook =
        new Codebook(WeightLevels.parse("product:2"), 1, new float[] {0, 1, 2, 3, 4, 5, 6, 7});
    Encoding encoding =
        Encoding.perChannel(Grid.unsigned(2), new float[] {1, 2}, new int[2])
            .withCodebook(codebook);
    QuantizedWeight weight =
        new QuantizedWeight(new int[] {0, 0, 1, 1, 2, 3, 3, 0, 0, 1}, 2, 5, encoding);
    // 6 vectors, 4 to a byte; 8 numbers and 2 scales
    assertThat(SIZE.of(weight)).isEqualTo(2 + 4 * (8 + 2));
    assertThat(SIZE.of(new QuantizedWeight(new int[10], 2, 5, ones(encoding))))
        .isEqualTo(2 + 4 * 8);
  }

  private static Encoding ones(Encoding encoding) {
    return encoding.with(new float[] {1, 1}, new int[2]);
  }
}
