package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Candidate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunResultsTest {
  private static final StageGraph GRAPH = StageGraph.of(Networks.residual().model());

  /** Noise of the outputs y and z, whose signals have the powers 100 and 1. */
  private static RunResults compared(Map<Pass, double[]> noise) {
    RunResults results = new RunResults(GRAPH, Plan.DEFAULT, List.of());
    for (Pass pass : new Pass[] {Pass.NEAREST, Pass.UNREPAIRED, Pass.FINISH}) {
      double[] of = noise.get(pass);
      if (of != null) {
        results.begin(pass, 0);
        results.add(new RunEvent.Measured("y", true, 100, of[0]));
        results.add(new RunEvent.Measured("z", true, 1, of[1]));
        if (pass != Pass.FINISH) {
          results.keepOutputs();
        }
      }
    }
    return results;
  }

  @Test
  void theCandidateWithTheLeastNoiseIsTheBest() {
    double[] good = {1, 0.01};
    double[] worse = {1, 0.02}; // 1 % of y's power and 2 % of z's
    double[] worst = {30, 0};
    assertThat(
            compared(Map.of(Pass.NEAREST, worse, Pass.UNREPAIRED, worst, Pass.FINISH, good)).best())
        .isEqualTo(Candidate.ROUNDED);
    assertThat(
            compared(Map.of(Pass.NEAREST, worse, Pass.UNREPAIRED, good, Pass.FINISH, worst)).best())
        .isEqualTo(Candidate.UNREPAIRED);
    assertThat(
            compared(Map.of(Pass.NEAREST, good, Pass.UNREPAIRED, worse, Pass.FINISH, worst)).best())
        .isEqualTo(Candidate.NEAREST);
    assertThat(compared(Map.of(Pass.NEAREST, good, Pass.FINISH, worse)).best())
        .isEqualTo(Candidate.NEAREST);
    assertThat(
            compared(Map.of(Pass.NEAREST, good, Pass.UNREPAIRED, good, Pass.FINISH, good)).best())
        .isEqualTo(Candidate.ROUNDED);
    assertThat(compared(Map.of(Pass.FINISH, worst)).best()).isEqualTo(Candidate.ROUNDED);
  }
}
