package io.halfstep.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearnedWeightTest {
  private static final int OUT = 3;
  private static final int K = 4;
  private static final Layer LAYER =
      StageGraph.of(
              OnnxGraphs.opset(17)
                  .input("x", -1, K)
                  .weight("w", K, OUT)
                  .node("MatMul", "y", List.of("x", "w"))
                  .output("y")
                  .model())
          .layers()
          .get(0);
  private static final float[] REAL = LAYER.layout().toRows(LAYER.weight().floats());

  private static QuantizedWeight nearest(Encoding encoding) {
    return QuantizedWeight.nearest(REAL, OUT, K, encoding);
  }

  private static Encoding encoding(Grid grid, float scale, int zeroPoint) {
    return Encoding.perTensor(grid, scale, zeroPoint);
  }

  @Test
  void beginsWithTheGivenIntegers() {
    Encoding blocks =
        Encoding.perBlock(
            Grid.unsigned(3),
            2,
            2,
            new float[] {0.1f, 0.2f, 0.3f, 0.1f, 0.2f, 0.3f},
            new int[] {3, 4, 5, 3, 4, 5});
    ChannelFactors factors = ChannelFactors.of(new float[] {1, 2, 0.5f, 4});
    for (Encoding encoding :
        List.of(
            encoding(Grid.signed(4), 0.05f, 0),
            encoding(Grid.unsigned(2), 0.3f, 1),
            blocks,
            encoding(Grid.signed(4), 0.1f, 0).withFactors(factors))) {
      QuantizedWeight start = nearest(encoding);
      LearnedWeight learned = new LearnedWeight(LAYER, start, false);

      assertThat(learned.weight().integers()).isEqualTo(start.integers());
      assertThat(learned.weight().encoding()).isEqualTo(encoding);
      assertThat(LAYER.layout().toRows(learned.value().floats())).isEqualTo(start.dequantize());
    }
  }

  /** What is reached is known: other integers of the same grid. */
  @Test
  void descendsToOtherIntegers() {
    Encoding encoding = encoding(Grid.signed(4), 0.1f, 0);
    QuantizedWeight start = nearest(encoding);
    int[] integers = start.integers();
    for (int i = 0; i < integers.length; i++) {
      integers[i] = Math.max(-8, Math.min(7, integers[i] + (i % 3) - 1));
    }
    float[] goal = new QuantizedWeight(integers, OUT, K, encoding).dequantize();
    LearnedWeight learned = new LearnedWeight(LAYER, start, false);
    for (int step = 0; step < 300; step++) {
      float[] rows = LAYER.layout().toRows(learned.value().floats());
      float[] gradient = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        gradient[i] = 2 * (rows[i] - goal[i]);
      }
      learned.step(LAYER.layout().fromRows(gradient), (300 - step) / 300.0);
    }

    assertThat(learned.weight().integers()).isEqualTo(integers);
  }

  /**
   * All weights lie beyond the grid, so that the loss is a parabola in the scale: {@code Σ (s·n −
   * w)²} with the least at {@code s = Σ n·w / Σ n²}.
   */
  @Test
  void findsTheBestScaleOfClippedWeights() {
    Encoding encoding = encoding(Grid.signed(2), 0.001f, 0);
    LearnedWeight learned = new LearnedWeight(LAYER, nearest(encoding), false);
    double best = 0;
    double squares = 0;
    for (float w : REAL) {
      int level = w > 0 ? 1 : -2;
      best += level * w;
      squares += level * level;
    }
    best /= squares;
    for (int step = 0; step < 10_000; step++) {
      float[] rows = LAYER.layout().toRows(learned.value().floats());
      float[] gradient = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        gradient[i] = 2 * (rows[i] - REAL[i]);
      }
      learned.step(LAYER.layout().fromRows(gradient), 1);
    }

    assertThat((double) learned.weight().encoding().scale(0)).isCloseTo(best, within(best * 0.01));
  }

  /** The goal is on the grid with a zero point that is 3 greater. */
  @Test
  void findsTheZeroPoint() {
    Encoding encoding = encoding(Grid.unsigned(3), 1, 2);
    Encoding other = encoding(Grid.unsigned(3), 1, 5);
    int[] integers = new int[OUT * K];
    Arrays.setAll(integers, i -> i % 6);
    float[] goal = new QuantizedWeight(integers, OUT, K, other).dequantize();
    LearnedWeight learned = new LearnedWeight(LAYER, nearest(encoding), false);
    for (int step = 0; step < 2000; step++) {
      float[] rows = LAYER.layout().toRows(learned.value().floats());
      float[] gradient = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        gradient[i] = 2 * (rows[i] - goal[i]);
      }
      learned.step(LAYER.layout().fromRows(gradient), (2000 - step) / 2000.0);
    }

    assertThat(learned.weight().encoding().zeroPoint(0)).isEqualTo(5);
    assertThat(learned.weight().dequantize()).containsExactly(goal, within(0.05f));
  }

  @Test
  void keepsZeros() {
    float[] rows = REAL.clone();
    rows[1] = 0;
    Layer pruned =
        StageGraph.of(
                OnnxGraphs.opset(17)
                    .input("x", -1, K)
                    .initializer("w", Tensor.of(LAYER.layout().fromRows(rows), K, OUT))
                    .node("MatMul", "y", List.of("x", "w"))
                    .output("y")
                    .model())
            .layers()
            .get(0);
    QuantizedWeight start =
        QuantizedWeight.nearest(rows, OUT, K, encoding(Grid.signed(4), 0.1f, 0));
    float[] down = new float[rows.length];
    Arrays.fill(down, 1);
    LearnedWeight keeps = new LearnedWeight(pruned, start, true);
    LearnedWeight moves = new LearnedWeight(pruned, start, false);
    for (int step = 0; step < 100; step++) {
      keeps.step(down, 1);
      moves.step(down, 1);
    }

    assertThat(keeps.weight().integer(0, 1)).isZero();
    assertThat(moves.weight().integer(0, 1)).isNegative();
  }
}
