package io.halfstep.export;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.QuantizedWeight;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/**
 * A layer in integers alone, {@code y = clamp(z + round((Σ w·(x − z_x) + b)·m·2^−n))} with {@code
 * s_w·s_x/s_y ≈ m·2^−n}, gives what ONNX Runtime makes of the exported layer.
 */
class DyadicRequantizationTest {
  private static final int SAMPLES = 25;
  private static final int IN = 40;
  private static final int OUT = 5;

  @Property
  void isTheProductRoundedToNearest(
      @ForAll @DoubleRange(min = -32, max = 29) double exponent, @ForAll int sum) {
    double real = Math.pow(2, exponent);
    DyadicMultiplier multiplier = DyadicMultiplier.of(real);

    double dyadic = Math.scalb((double) multiplier.m(), -multiplier.n());
    assertThat(dyadic).isCloseTo(real, within(real * 0x1p-31));
    BigDecimal product = new BigDecimal(dyadic).multiply(BigDecimal.valueOf(sum));
    long expected =
        product.add(new BigDecimal("0.5")).setScale(0, RoundingMode.FLOOR).longValueExact();
    assertThat(multiplier.times(sum)).isEqualTo(expected);
  }

  @Property(tries = 60)
  void agreesWithOnnxRuntimeWithinOneStep(
      @ForAll @IntRange(max = 9999) int seed,
      @ForAll @DoubleRange(min = -10, max = 3) double inputExponent,
      @ForAll @DoubleRange(min = 1, max = 7) double outputExponent,
      @ForAll boolean perChannel,
      @ForAll boolean signedActivations) {
    Grid grid = signedActivations ? Grid.signed(8) : Grid.unsigned(8);
    float inputScale = (float) Math.pow(2, inputExponent);
    // outputs have a deviation of 2^outputExponent steps: from few steps to many that are clipped
    float outputScale = (float) (30 * inputScale * Math.sqrt(IN) / Math.pow(2, outputExponent));
    Encoding x = Encoding.perTensor(grid, inputScale, signedActivations ? 0 : 121);
    Encoding y = Encoding.perTensor(grid, outputScale, signedActivations ? 0 : 103);
    QuantizedNetwork network = layer(seed, inputScale, perChannel, x, y);
    float[] inputs = scaled(SAMPLES * IN, seed + 1, 30 * inputScale);
    int[] expected = inIntegers(network, x, y, inputs);
    ModelProto exported = QdqModel.of(network);
    for (OptLevel level : Execution.LEVELS) {
      double[] outputs =
          requireNonNull(Execution.run(exported, level, Map.of("x", inputs)).get("z"));
      int moved = 0;
      for (int i = 0; i < expected.length; i++) {
        long actual = Math.round(outputs[i] / y.scale(0)) + y.zeroPoint(0);
        assertThat(actual).as("%s [%d]", level, i).isBetween(expected[i] - 1L, expected[i] + 1L);
        moved += actual == expected[i] ? 0 : 1;
      }
      assertThat(moved)
          .as("%s: outputs moved by a step", level)
          .isLessThanOrEqualTo(expected.length / 20);
    }
  }

  /** A Gemm, and the identity behind it, with scale 1, so that its output y is quantized. */
  private static QuantizedNetwork layer(
      int seed, float inputScale, boolean perChannel, Encoding x, Encoding y) {
    float[] identity = new float[OUT * OUT];
    for (int i = 0; i < OUT; i++) {
      identity[i * OUT + i] = 1;
    }
    ModelProto model =
        TinyModel.opset(13)
            .input("x", SAMPLES, IN)
            .floats("w", TinyModel.gaussian(IN * OUT, seed), IN, OUT)
            .floats("b", scaled(OUT, seed + 2, 60 * inputScale), OUT)
            .node("Gemm", "x w b", "y")
            .floats("identity", identity, OUT, OUT)
            .node("MatMul", "y identity", "z")
            .outputs("z")
            .build();
    return NearestNetwork.of(model)
        .weights((rows, out, k) -> k == IN ? minMax(rows, out, perChannel) : ones())
        .activations(Map.of("x", x, "y", y))
        .build();
  }

  private static Encoding minMax(float[] rows, int out, boolean perChannel) {
    float[] scales = new float[perChannel ? out : 1];
    int length = rows.length / scales.length;
    for (int i = 0; i < rows.length; i++) {
      scales[i / length] = Math.max(scales[i / length], Math.abs(rows[i]) / 127);
    }
    return Encoding.perChannel(Grid.signed(8), scales, new int[scales.length]);
  }

  private static Encoding ones() {
    return Encoding.perTensor(Grid.signed(8), 1, 0);
  }

  private static float[] scaled(int size, int seed, float by) {
    float[] values = TinyModel.gaussian(size, seed);
    for (int i = 0; i < size; i++) {
      values[i] *= by;
    }
    return values;
  }

  /** Only integers take part, but for the rounding of the inputs and the choice of multipliers. */
  private static int[] inIntegers(
      QuantizedNetwork network, Encoding x, Encoding y, float[] inputs) {
    QuantizedWeight rounded = network.layers().get(0).weight();
    float[] b = requireNonNull(network.layers().get(0).bias()).floats();
    IntegerBias bias = IntegerBias.of(b, rounded, x.scale(0));
    QuantizedWeight weight = bias.weight();
    int[] outputs = new int[SAMPLES * OUT];
    for (int i = 0; i < outputs.length; i++) {
      int row = i % OUT;
      int sum = bias.integers()[row];
      for (int j = 0; j < IN; j++) {
        int q = x.quantize(inputs[i / OUT * IN + j], 0);
        sum += weight.integer(row, j) * (q - x.zeroPoint(0));
      }
      double unit = (double) weight.encoding().scale(row) * x.scale(0);
      long steps = DyadicMultiplier.of(unit / y.scale(0)).times(sum);
      outputs[i] = y.grid().clamp((int) steps + y.zeroPoint(0));
    }
    return outputs;
  }
}
