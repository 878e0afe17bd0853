package io.halfstep.learning;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A block learns from sequences of different lengths, with and without padding. */
class SequencesTest {
  private static final int WIDTH = 12;
  private static final int SEQUENCES = 60;
  private static final int[] LENGTHS = {2, 3, 5};
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(17)
              .input("x", -1, -1, WIDTH)
              .weight("w1", WIDTH, WIDTH)
              .weight("w2", WIDTH, WIDTH)
              .node("MatMul", "g1", List.of("x", "w1"))
              .node("Relu", "r1", List.of("g1"))
              .node("MatMul", "g2", List.of("r1", "w2"))
              .node("Add", "y", List.of("g2", "x"))
              .output("y")
              .model());
  private static final BlockProblem PROBLEM = BlockLearnerTest.problem(GRAPH, Set.of(), true);

  /** Returns the input of sequence i, and what the teacher makes of it, of a length. */
  private static Map<String, Tensor> sequence(
      OnnxProgram teacher, int i, int length, float padding) {
    Random random = new Random(i);
    float[] x = new float[length * WIDTH];
    for (int j = 0; j < x.length; j++) {
      x[j] = j < lengthOf(i) * WIDTH ? (float) random.nextGaussian() : padding;
    }
    Map<String, Tensor> tensors = new HashMap<>(Map.of("x", Tensor.of(x, 1, length, WIDTH)));
    tensors.putAll(teacher.run(tensors));
    return tensors;
  }

  private static int lengthOf(int i) {
    return LENGTHS[i % LENGTHS.length];
  }

  private static BlockSamples alone() {
    BlockSamples samples = new BlockSamples(1 << 20, 1);
    try (OnnxProgram teacher = OnnxProgram.load(GRAPH.model().proto().toByteArray())) {
      for (int i = 0; i < SEQUENCES; i++) {
        samples.add(1, sequence(teacher, i, lengthOf(i), 0), null);
      }
    }
    return samples;
  }

  /** All of one length, one longer than the longest. */
  private static BlockSamples padded(float padding) {
    int length = LENGTHS[2] + 1;
    BlockSamples samples = new BlockSamples(1 << 20, 1);
    try (OnnxProgram teacher = OnnxProgram.load(GRAPH.model().proto().toByteArray())) {
      for (int i = 0; i < SEQUENCES; i++) {
        byte[] mask = new byte[length];
        Arrays.fill(mask, 0, lengthOf(i), (byte) 1);
        samples.add(
            1,
            sequence(teacher, i, length, padding),
            new Mask(Tensor.of(ElementType.BOOL, mask, 1, length)));
      }
    }
    return samples;
  }

  private static BlockSolution learn(BlockSamples samples, int iterations) {
    return BlockLearner.learn(
        PROBLEM, samples, new Descent(iterations, 1, false, false), RoundingControl.NONE);
  }

  /** Returns Σ(ŷ − y)² / Σy² over all sequences, each alone. */
  private static double error(BlockProblem problem) {
    double noise = 0;
    double signal = 0;
    try (OnnxProgram teacher = OnnxProgram.load(GRAPH.model().proto().toByteArray());
        BlockStudent student = new BlockStudent(problem)) {
      for (int i = 0; i < SEQUENCES; i++) {
        Map<String, Tensor> sequence = sequence(teacher, i, lengthOf(i), 0);
        float[] y = requireNonNull(sequence.remove("y")).floats();
        float[] quantized = requireNonNull(student.run(sequence).get("y")).floats();
        for (int j = 0; j < y.length; j++) {
          noise += Math.pow(quantized[j] - y[j], 2);
          signal += Math.pow(y[j], 2);
        }
      }
    }
    return noise / signal;
  }

  @Test
  void theErrorIsThatOfAllLengths() {
    BlockSolution solution = learn(alone(), 300);

    assertThat(solution.before()).isCloseTo(error(PROBLEM), within(1e-6));
    assertThat(solution.after()).isCloseTo(error(PROBLEM.with(solution)), within(1e-6));
    assertThat(solution.after()).isLessThan(0.85 * solution.before());
  }

  @Test
  void paddingTeachesNothing() {
    BlockSolution zeros = learn(padded(0), 100);
    BlockSolution noticed = learn(padded(50), 100);

    assertThat(zeros.before()).isCloseTo(error(PROBLEM), within(1e-6));
    assertThat(zeros.after()).isCloseTo(error(PROBLEM.with(zeros)), within(1e-6));
    assertThat(zeros.after()).isLessThan(0.85 * zeros.before());
    assertThat(noticed).usingRecursiveComparison().isEqualTo(zeros);
  }
}
