package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.IntegerBias;
import io.halfstep.quantizer.QuantizedWeight;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class IntegerBiasTest {
  private static final Grid GRID = Grid.signed(4);

  private static QuantizedWeight rows(float scale, int... integers) {
    int out = integers.length / 2;
    float[] scales = new float[out];
    Arrays.fill(scales, scale);
    return new QuantizedWeight(integers, out, 2, Encoding.perChannel(GRID, scales, new int[out]));
  }

  private static float dequantized(IntegerBias bias, int row) {
    return bias.integers()[row] * bias.scales()[bias.scales().length == 1 ? 0 : row];
  }

  @Property
  void isTheNearestMultipleOfItsUnit(
      @ForAll @FloatRange(min = -100, max = 100) float value,
      @ForAll @IntRange(min = -12, max = 0) int weightExponent,
      @ForAll @IntRange(min = -12, max = 0) int inputExponent) {
    float weightScale = Math.scalb(1.3f, weightExponent);
    float inputScale = Math.scalb(1.7f, inputExponent);
    QuantizedWeight weight = rows(weightScale, 1, -2, 3, 4);

    IntegerBias bias = IntegerBias.of(new float[] {value, -value}, weight, inputScale);

    assertThat(bias.weight()).isSameAs(weight);
    assertThat(bias.raised()).isZero();
    float unit = weightScale * inputScale;
    assertThat(bias.scales()).containsOnly(unit);
    assertThat(dequantized(bias, 0)).isCloseTo(value, within(0.51f * unit + 1e-5f));
    assertThat(bias.integers()[1]).isEqualTo(-bias.integers()[0]);
  }

  @Property
  void neverClipsHoweverSmallTheUnit(
      @ForAll @FloatRange(min = -1e6f, max = 1e6f) float value,
      @ForAll @IntRange(min = -125, max = 0) int weightExponent,
      @ForAll @IntRange(min = -60, max = 0) int inputExponent) {
    float weightScale = Math.scalb(1.3f, weightExponent);
    float inputScale = Math.scalb(1.7f, inputExponent);
    for (QuantizedWeight weight :
        new QuantizedWeight[] {
          rows(weightScale, 1, -2, 3, 4),
          new QuantizedWeight(
              new int[] {1, -2, 3, 4}, 2, 2, Encoding.perTensor(GRID, weightScale, 0))
        }) {
      IntegerBias bias = IntegerBias.of(new float[] {value, 0}, weight, inputScale);

      for (float scale : bias.scales()) {
        assertThat(scale).isGreaterThanOrEqualTo(Float.MIN_NORMAL);
      }
      assertThat(dequantized(bias, 0))
          .isCloseTo(value, within(Math.abs(value) * 1e-6f + weightScale * inputScale));
    }
  }

  @Test
  void aRaisedRowKeepsItsWeightsAsFarAsItsNewScaleGoes() {
    QuantizedWeight weight = rows(1e-9f, 7, -8, 7, -8);

    IntegerBias bias = IntegerBias.of(new float[] {1000, 0}, weight, 0.01f);

    assertThat(bias.raised()).isEqualTo(1);
    Encoding encoding = bias.weight().encoding();
    assertThat(encoding.scale(0)).isCloseTo(1000 / 0.01f / (1 << 30), within(1e-9f));
    assertThat(encoding.scale(1)).isEqualTo(1e-9f);
    assertThat(bias.weight().integers()).containsExactly(0, 0, 7, -8);
  }

  @Test
  void aRowOfZerosTakesAScaleThatMakesItsBiasExact() {
    QuantizedWeight weight = rows(1, 0, 0, 3, 4);

    IntegerBias bias = IntegerBias.of(new float[] {0.123f, 0.7f}, weight, 0.1f);

    assertThat(bias.raised()).isZero();
    assertThat(dequantized(bias, 0)).isCloseTo(0.123f, within(1e-8f));
    assertThat(bias.weight().encoding().scale(1)).isEqualTo(1);
  }

  /** Where ONNX Runtime would round the float bias itself, it would clip it. */
  @Test
  void aHugeBiasSurvivesEveryOptimizationLevel() {
    ModelProto model =
        TinyModel.opset(13)
            .input("x", 2, 2)
            .floats("w", new float[] {1e-9f, 1, 2e-9f, -1}, 2, 2)
            .floats("b", new float[] {1000, 0.5f}, 2)
            .node("Gemm", "x w b", "y")
            .outputs("y")
            .build();
    QuantizedNetwork network =
        NearestNetwork.of(model)
            .weights(Grid.signed(8), true)
            .activations(
                Map.of(
                    "x", Encoding.perTensor(Grid.unsigned(8), 0.02f, 128),
                    "y", Encoding.perTensor(Grid.unsigned(8), 4, 0)))
            .build();
    QdqModel exported = QdqModel.build(network);

    assertThat(exported.notes()).anyMatch(note -> note.contains("1 of 2 channels was raised"));
    for (var level : Execution.LEVELS) {
      double[] y = Objects.requireNonNull(Execution.run(exported.proto(), level).get("y"));
      assertThat(y[0]).as("%s", level).isEqualTo(1000);
      assertThat(y[2]).as("%s", level).isEqualTo(1000);
    }
  }
}
