package io.halfstep.inspection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.PlanSettings;
import io.halfstep.protocol.Pass;
import io.halfstep.reconstruction.BlockTasks;
import io.halfstep.rounding.Effort;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * One block: two convolutions of 180 and 135 weights. A sample of x takes 4·6·6 floats, the tensors
 * that the block makes 5·4·4, the same behind the activation, and 3·2·2.
 */
class LearningEstimateTest {
  private static final long X = 4 * 144;
  private static final long MADE = 4 * (80 + 80 + 12);
  private static final long Y = 4 * 12;
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(17)
              .input("x", -1, 4, -1, -1)
              .weight("w", 5, 4, 3, 3)
              .node("Conv", "a", List.of("x", "w"))
              .node("Relu", "r", List.of("a"))
              .weight("v", 3, 5, 3, 3)
              .node("Conv", "y", List.of("r", "v"))
              .output("y")
              .model());

  private static Plan plan(Learn learn, Effort effort) {
    return Plan.DEFAULT.toBuilder().learn(learn).effort(effort).build();
  }

  private static LearningEstimate estimate(Plan plan, long samples) {
    return estimate(plan, samples, 1);
  }

  private static LearningEstimate estimate(Plan plan, long samples, int together) {
    return LearningEstimate.of(GRAPH, plan, samples, batch(together)).orElseThrow();
  }

  private static SampleBatch batch(int samples) {
    Tensor x = Tensor.of(new float[samples * 144], samples, 4, 6, 6);
    return new SampleBatch(0, 0, samples, Map.of("x", x));
  }

  @Test
  void onlyLayersThatLearnTakeTime() {
    Plan blocks = plan(Learn.BLOCKS, Effort.FAST);
    Plan none =
        blocks.toBuilder()
            .override(LayerOverride.of("*").with(PlanSettings.LEARN, Learn.OFF))
            .build();

    assertThat(LearningEstimate.of(GRAPH, plan(Learn.OFF, Effort.FAST), 9, batch(1))).isEmpty();
    assertThat(LearningEstimate.of(GRAPH, none, 9, batch(1))).isEmpty();
    assertThat(estimate(blocks, 9).describe(1)).startsWith("1 block: about 0:00, ");
    assertThat(estimate(plan(Learn.NETWORK, Effort.FAST), 9).describe(1))
        .startsWith("1 block, then the whole network: about 0:00, ");
  }

  @Test
  void timeGrowsWithIterationsAndSamples() {
    Plan fast = plan(Learn.BLOCKS, Effort.FAST);
    Plan best = plan(Learn.BLOCKS, Effort.BEST);
    double ofIterations =
        (estimate(best, 0).threadSeconds() - estimate(fast, 0).threadSeconds())
            / (BlockTasks.descent(best, Pass.RECONSTRUCT).iterations()
                - BlockTasks.descent(fast, Pass.RECONSTRUCT).iterations());
    double ofSamples =
        (estimate(fast, 1032).threadSeconds() - estimate(fast, 32).threadSeconds()) / 1000;
    LearningEstimate network = estimate(plan(Learn.NETWORK, Effort.FAST), 0);

    assertThat(ofIterations).isPositive().isCloseTo(32 * 3 / 4.0 * ofSamples, within(1e-9));
    assertThat(network.threadSeconds() - estimate(fast, 0).threadSeconds())
        .isCloseTo(
            ofIterations
                * BlockTasks.descent(plan(Learn.NETWORK, Effort.FAST), Pass.FINETUNE).iterations(),
            within(1e-9));
    assertThat(network.seconds(1)).isEqualTo(2 * network.seconds(2));
    assertThat(network.seconds(8)).isEqualTo(network.seconds(2)); // a batch has two parts
  }

  @Test
  void samplesAndBatchesTakeMemory() {
    Plan plan = plan(Learn.BLOCKS, Effort.FAST);
    long none = estimate(plan, 0).bytes();

    assertThat(none).isGreaterThan(2L * GRAPH.model().proto().getSerializedSize() + 4 * 315);
    assertThat(estimate(plan, 40).bytes() - estimate(plan, 32).bytes()).isEqualTo(8 * (X + Y));
    assertThat(estimate(plan, 32).bytes() - none - 32 * (X + Y)).isGreaterThanOrEqualTo(32 * MADE);
    assertThat(estimate(plan, 1L << 40).bytes() - estimate(plan, 32).bytes())
        .isEqualTo(BlockTasks.SAMPLE_BYTES - 32 * (X + Y));
  }

  @Test
  void aFixedBatchSizeChangesNothing() {
    Plan plan = plan(Learn.NETWORK, Effort.NORMAL);

    assertThat(estimate(plan, 40, 2)).isEqualTo(estimate(plan, 40, 1));
  }
}
