package io.halfstep.ranges;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.export.Execution;
import io.halfstep.export.TinyModel;
import io.halfstep.quantizer.Encoding;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DynamicRangeTest {
  /** The examples of DynamicQuantizeLinear in ONNX's documentation. */
  static Stream<Arguments> examples() {
    return Stream.of(
        Arguments.of(
            new float[] {0, 2, -3, -2.5f, 1.34f, 0.5f},
            5 / 255f,
            153,
            new int[] {153, 255, 0, 26, 221, 179}),
        Arguments.of(
            new float[] {-1, -2.1f, -1.3f, -2.5f, -3.34f, -4},
            4 / 255f,
            255,
            new int[] {191, 121, 172, 96, 42, 0}),
        Arguments.of(
            new float[] {1, 2.1f, 1.3f, 2.5f, 3.34f, 4, 1.5f, 2.6f, 3.9f, 4, 3, 2.345f},
            4 / 255f,
            0,
            new int[] {64, 134, 83, 159, 213, 255, 96, 166, 249, 255, 191, 149}));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void isThatOfOnnx(float[] values, float scale, int zeroPoint, int[] integers) {
    Encoding encoding = DynamicRange.of(values);
    assertThat(encoding.scale(0)).isEqualTo(scale);
    assertThat(encoding.zeroPoint(0)).isEqualTo(zeroPoint);
    for (int i = 0; i < values.length; i++) {
      assertThat(encoding.quantize(values[i], 0)).isEqualTo(integers[i]);
    }
  }

  @Test
  void onnxRuntimeComputesTheSameToTheLastBit() {
    Random random = new Random(7);
    for (int trial = 0; trial < 30; trial++) {
      float[] values = new float[1 + random.nextInt(500)];
      double spread = trial == 0 ? 0 : Math.exp(5 * random.nextGaussian());
      double shift = trial % 3 * random.nextGaussian();
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (spread * (random.nextGaussian() + shift));
      }
      Encoding encoding = DynamicRange.of(values);
      float[] ours = new float[values.length];
      encoding.roundTrip(values, ours);

      Map<String, double[]> runtime = inRuntime(values);

      assertThat(runtime.get("s")).containsExactly(encoding.scale(0));
      assertThat(runtime.get("y")).containsExactly(reals(ours));
    }
  }

  private static Map<String, double[]> inRuntime(float[] values) {
    TinyModel model =
        TinyModel.opset(13)
            .input("x", values.length)
            .node("DynamicQuantizeLinear", "x", "q s z")
            .node("DequantizeLinear", "q s z", "y")
            .outputs("y s");
    return Execution.run(model.build(), OptLevel.NO_OPT, Map.of("x", values));
  }

  private static double[] reals(float[] values) {
    double[] reals = new double[values.length];
    Arrays.setAll(reals, i -> values[i]);
    return reals;
  }

  @Test
  void extremesHaveAnEncoding() {
    assertThat(DynamicRange.of(new float[] {0, -0f}).scale(0)).isEqualTo(1);
    assertThat(DynamicRange.of(new float[] {Float.MIN_VALUE}).scale(0)).isEqualTo(Float.MIN_NORMAL);
    assertThat(DynamicRange.of(new float[] {Float.NaN, 255}).scale(0)).isEqualTo(1);
    assertThat(DynamicRange.of(new float[] {Float.NEGATIVE_INFINITY, 1}).zeroPoint(0))
        .isEqualTo(255);
  }
}
