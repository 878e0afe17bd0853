package io.halfstep.learning;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.gradient.GradientModel;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LossProgramTest {
  private static final int N = 3;
  private static final int K = 40;
  private static final float STEP = 0.3f;
  private static final int ZERO_POINT = 5;
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(17)
              .input("x", -1, K)
              .weight("w", K, 2)
              .node("MatMul", "y", List.of("x", "w"))
              .output("y")
              .model());
  private static final Layer LAYER = GRAPH.layers().get(0);
  private static final String WEIGHT = BlockModels.weightOf(LAYER.name());
  private static final List<String> WANTED = List.of(WEIGHT, BlockModels.zeroPointOf("x"));

  private final float[] x = normal(N * K, 1);
  private final float[] target = normal(N * 2, 2);
  private final float[] weights = {0.5f, 2};

  private static float[] normal(int size, long seed) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private LossProgram program() {
    BlockModels models =
        new BlockModels(
            GRAPH.model().proto(),
            List.of(LAYER),
            Map.of("x", Encoding.perTensor(Grid.unsigned(4), STEP, ZERO_POINT)),
            Set.of());
    return LossProgram.of(models, true, true, inputs(), WANTED);
  }

  private Map<String, Tensor> inputs() {
    Map<String, Tensor> inputs = new HashMap<>();
    inputs.put("x", Tensor.of(x, N, K));
    inputs.put(WEIGHT, LAYER.weight());
    inputs.put(BlockModels.stepOf("x"), Tensor.of(new float[] {STEP}, 1));
    inputs.put(BlockModels.zeroPointOf("x"), Tensor.of(new float[] {ZERO_POINT}, 1));
    inputs.put(BlockModels.targetOf("y"), Tensor.of(target, N, 2));
    inputs.put(BlockModels.shareOf("y"), Tensor.of(new float[] {1}, 1));
    inputs.put(BlockModels.weightsOf("y"), Tensor.of(weights, 1, 2));
    return inputs;
  }

  /**
   * The loss and its gradients, if these elements of x are read quantized: that of the zero point
   * is −s for each element that is clipped, and 0 for the others.
   */
  private void check(byte[] chosen) {
    float[] w = LAYER.weight().floats();
    double loss = 0;
    double[] gradient = new double[w.length];
    double ofZeroPoint = 0;
    for (int n = 0; n < N; n++) {
      double[] read = new double[K];
      boolean[] clipped = new boolean[K];
      for (int j = 0; j < K; j++) {
        float value = x[n * K + j];
        double level = Math.rint(value / STEP);
        double within = Math.max(-ZERO_POINT, Math.min(15 - ZERO_POINT, level));
        boolean quantized = chosen[n * K + j] != 0;
        read[j] = quantized ? STEP * within : value;
        clipped[j] = quantized && level != within;
      }
      for (int o = 0; o < 2; o++) {
        double error = -target[n * 2 + o];
        for (int j = 0; j < K; j++) {
          error += read[j] * w[j * 2 + o];
        }
        double m = weights[o];
        loss += m * m * error * error;
        for (int j = 0; j < K; j++) {
          gradient[j * 2 + o] += 2 * m * m * error * read[j];
          ofZeroPoint -= clipped[j] ? 2 * m * m * error * w[j * 2 + o] * STEP : 0;
        }
      }
    }
    Map<String, Tensor> inputs = inputs();
    inputs.put(BlockModels.choiceOf("x"), Tensor.of(ElementType.BOOL, chosen, N, K));
    List<String> outputs = new ArrayList<>(List.of(BlockModels.LOSS));
    WANTED.forEach(name -> outputs.add(GradientModel.gradientOf(name)));
    try (LossProgram program = program()) {
      Map<String, Tensor> found = program.run(inputs, outputs);
      List<float[]> values =
          outputs.stream().map(name -> requireNonNull(found.get(name)).floats()).toList();
      assertThat((double) values.get(0)[0]).isCloseTo(loss, within(1e-4 * loss));
      for (int i = 0; i < gradient.length; i++) {
        assertThat((double) values.get(1)[i]).isCloseTo(gradient[i], within(1e-3));
      }
      assertThat((double) values.get(2)[0]).isCloseTo(ofZeroPoint, within(1e-3));
    }
  }

  @Test
  void allAreQuantized() {
    byte[] all = new byte[N * K];
    Arrays.fill(all, (byte) 1);
    check(all);
  }

  @Test
  void noneIsQuantized() {
    check(new byte[N * K]);
  }

  @Test
  void halfOfThemAreQuantized() {
    try (LossProgram program = program()) {
      Tensor first = choice(program, 1);

      assertThat(first.shape()).containsExactly(N, K);
      int ones = 0;
      for (byte each : (byte[]) first.data()) {
        ones += each;
      }
      assertThat(ones).isBetween(N * K / 3, N * K * 2 / 3);
      assertThat(choice(program, 1).data()).isEqualTo(first.data());
      assertThat(choice(program, 2).data()).isNotEqualTo(first.data());
      check((byte[]) first.data());
    }
  }

  private static Tensor choice(LossProgram program, long seed) {
    return requireNonNull(
        program.choices(new SplittableRandom(seed)).get(BlockModels.choiceOf("x")));
  }
}
