package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.RunSettings;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemorySharesTest {
  private static final long MIB = 1 << 20;
  private static final StageGraph INCEPTION = StageGraph.of(Networks.inception().model());

  private static RunSettings shares(Plan plan, long memory) {
    CalibrationRequest request = Runs.withMemory(Runs.request(INCEPTION, plan, List.of()), memory);
    return MemoryShares.of(request, new Wiring(INCEPTION, plan, Set.of()));
  }

  /** Three of the network's seven layers are at the same level. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 512 * MIB, 1L << 40})
  void storedSamplesHaveABudgetThatNoMemoryChanges(long memory) {
    assertThat(shares(Plan.DEFAULT, memory).reservoirBytes()).isEqualTo(128 * MIB / 3);
    assertThat(shares(Runs.PARALLEL, memory).reservoirBytes()).isEqualTo(128 * MIB / 7);
  }
}
