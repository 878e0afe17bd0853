package io.halfstep.learning;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.gradient.NoGradientException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockLearnerTest {
  private static final int SAMPLES = 200;
  private static final int WIDTH = 12;

  /** A residual block of two layers, or the same with another function behind the first. */
  private static StageGraph block(String function) {
    return StageGraph.of(
        OnnxGraphs.opset(17)
            .input("x", -1, WIDTH)
            .weight("w1", WIDTH, WIDTH)
            .weight("b1", WIDTH)
            .weight("w2", WIDTH, WIDTH)
            .weight("b2", WIDTH)
            .node("Gemm", "g1", List.of("x", "w1", "b1"))
            .node(function, "r1", List.of("g1"))
            .node("Gemm", "g2", List.of("r1", "w2", "b2"))
            .node("Add", "y", List.of("g2", "x"))
            .output("y")
            .model());
  }

  static BlockProblem problem(StageGraph graph, Set<String> given, boolean second) {
    List<BlockLayer> layers = new ArrayList<>();
    Map<String, Encoding> activations = new HashMap<>();
    for (Layer layer : graph.layers()) {
      float[] rows = layer.layout().toRows(layer.weight().floats());
      Encoding encoding =
          WeightRanges.encode(
              rows, WIDTH, WIDTH, Grid.signed(2), Granularity.CHANNEL, new RangeMethod.Mse());
      QuantizedWeight weight = QuantizedWeight.nearest(rows, WIDTH, WIDTH, encoding);
      layers.add(new BlockLayer(layer, weight, layer.bias(), layers.isEmpty() || second, false));
      activations.put(layer.input(), Encoding.perTensor(Grid.unsigned(4), 0.4f, 8));
    }
    return new BlockProblem(
        graph.model().proto().toByteArray(),
        graph.model().proto(),
        layers,
        activations,
        Set.of(),
        given,
        Map.of(),
        7);
  }

  private static BlockSamples samples(StageGraph graph) {
    Random random = new Random(2);
    float[] x = new float[SAMPLES * WIDTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    Map<String, Tensor> tensors = new HashMap<>(Map.of("x", Tensor.of(x, SAMPLES, WIDTH)));
    try (OnnxProgram teacher = OnnxProgram.load(graph.model().proto().toByteArray())) {
      tensors.putAll(teacher.run(tensors));
    }
    BlockSamples samples = new BlockSamples(1 << 20, 1);
    samples.add(SAMPLES, tensors, null);
    return samples;
  }

  private static BlockSolution learn(BlockProblem problem, StageGraph graph, int iterations) {
    return BlockLearner.learn(
        problem, samples(graph), new Descent(iterations, 1, false, false), RoundingControl.NONE);
  }

  @Test
  void theErrorFalls() {
    StageGraph graph = block("Relu");
    BlockSolution solution = learn(problem(graph, Set.of(), true), graph, 300);

    assertThat(solution.after()).isLessThan(0.65 * solution.before());
    assertThat(solution.weights()).hasSize(2);
    assertThat(solution.biases()).hasSize(2);
    assertThat(solution.activations()).containsOnlyKeys("x", "r1");
  }

  /** The errors are those of the student's outputs, here computed from all samples at once. */
  @Test
  void theErrorIsNoiseInProportionToSignal() {
    StageGraph graph = block("Relu");
    BlockProblem problem = problem(graph, Set.of(), true);
    BlockSolution solution = learn(problem, graph, 20);
    SampleGroup samples = samples(graph).groups().get(0);
    int[] all = new int[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      all[i] = i;
    }
    float[] y = samples.batch("y", all).floats();
    try (BlockStudent student = new BlockStudent(problem.with(solution))) {
      float[] quantized =
          requireNonNull(student.run(Map.of("x", samples.batch("x", all))).get("y")).floats();
      double noise = 0;
      double signal = 0;
      for (int i = 0; i < y.length; i++) {
        noise += Math.pow(quantized[i] - y[i], 2);
        signal += Math.pow(y[i], 2);
      }
      assertThat(solution.after()).isCloseTo(noise / signal, within(1e-6));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5})
  void oneAndManyThreadsLearnTheSame(int threads) throws Exception {
    StageGraph graph = block("Relu");
    BlockProblem problem = problem(graph, Set.of(), true);
    BlockSolution one = withThreads(1, problem, graph);
    BlockSolution many = withThreads(threads, problem, graph);

    assertThat(many.after()).isEqualTo(one.after());
    assertThat(many.activations()).isEqualTo(one.activations());
    one.weights()
        .forEach(
            (layer, weight) -> {
              QuantizedWeight other = requireNonNull(many.weights().get(layer));
              assertThat(other.integers()).isEqualTo(weight.integers());
              assertThat(other.encoding()).isEqualTo(weight.encoding());
            });
  }

  private static BlockSolution withThreads(int threads, BlockProblem problem, StageGraph graph)
      throws Exception {
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      return pool.submit(() -> learn(problem, graph, 60)).get();
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void whatIsGivenStays() {
    StageGraph graph = block("Relu");
    BlockSolution solution = learn(problem(graph, Set.of("x"), false), graph, 100);

    assertThat(solution.weights()).containsOnlyKeys(graph.layers().get(0).name());
    assertThat(solution.activations()).containsOnlyKeys("r1");
  }

  /** The teacher's outputs are those of the student, so that no other weights are better. */
  @Test
  void whatIsNoBetterIsDropped() {
    StageGraph graph = block("Relu");
    BlockProblem problem = problem(graph, Set.of(), true);
    Tensor x = samples(graph).groups().get(0).batch("x", IntStream.range(0, SAMPLES).toArray());
    BlockSamples exact = new BlockSamples(1 << 20, 1);
    try (BlockStudent student = new BlockStudent(problem)) {
      exact.add(
          SAMPLES, Map.of("x", x, "y", requireNonNull(student.run(Map.of("x", x)).get("y"))), null);
    }
    BlockSolution solution =
        BlockLearner.learn(problem, exact, new Descent(3, 1, false, false), RoundingControl.NONE);

    assertThat(solution.isNothing()).isTrue();
    assertThat(solution.before()).isCloseTo(0, within(1e-12));
  }

  @Test
  void itIsCancelled() {
    StageGraph graph = block("Relu");
    RoundingControl cancelled =
        new RoundingControl() {
          @Override
          public boolean cancelled() {
            return true;
          }
        };

    assertThatThrownBy(
            () ->
                BlockLearner.learn(
                    problem(graph, Set.of(), true),
                    samples(graph),
                    new Descent(10, 1, false, false),
                    cancelled))
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void anOperatorWithoutGradientIsNamed() {
    StageGraph graph = block("Shrink");

    assertThatThrownBy(() -> learn(problem(graph, Set.of(), true), graph, 1))
        .isInstanceOf(NoGradientException.class)
        .hasMessageContaining("Shrink");
  }
}
