package io.halfstep.rounding.adaround;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Problems;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.SolverProgress;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.FailingMemory;
import io.halfstep.tensor.OffHeapMatrix;
import org.junit.jupiter.api.Test;

/** Off-heap memory is freed, whichever allocation fails. */
class SampledLossFailureTest {
  private static final RoundingProblem PROBLEM =
      new Problems(1, 3, 5, 4, Problems.Data.CORRELATED, true, Problems.Scales.CHANNEL)
          .problem(1, ClipFunction.RELU);

  @Test
  void atEachPointOfConstruction() {
    LayerSamples samples = requireNonNull(PROBLEM.samples());
    long before = OffHeapMatrix.bytes();
    int matrices = 0;
    while (true) {
      FailingMemory memory = new FailingMemory(matrices);
      try (SampledLoss made =
          new SampledLoss(PROBLEM, samples, new SolverProgress(RoundingControl.NONE, 1), memory)) {
        assertThat(made.size()).isPositive();
        break;
      } catch (FailingMemory.Exhausted e) {
        assertThat(OffHeapMatrix.bytes()).as("after %d", matrices).isEqualTo(before);
        matrices++;
      }
    }
    assertThat(matrices).isGreaterThan(4);
    assertThat(OffHeapMatrix.bytes()).isEqualTo(before);
  }
}
