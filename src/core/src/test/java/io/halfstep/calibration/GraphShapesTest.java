package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Plan;
import io.halfstep.source.SampleBatch;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Graphs that join what has been learned at different depths finish with one batch of credit per
 * edge.
 */
class GraphShapesTest {
  private static final List<SampleBatch> DATA = Runs.noise("x", 12, 2, 4, 8, 8);

  static Stream<Arguments> shapes() {
    return Stream.of(
        Arguments.of("residual", Networks.residual()),
        Arguments.of("inception", Networks.inception()),
        Arguments.of("dense", Networks.dense()),
        Arguments.of("u-net", Networks.unet()),
        Arguments.of("input to the very end", Networks.inputToTheEnd()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void finishWithOneBatchOfCredit(String name, OnnxGraphs graph) throws Exception {
    StageGraph stages = StageGraph.of(graph.model());
    CalibrationResult wave = Runs.run(Runs.request(stages, Plan.DEFAULT, DATA));
    assertThat(wave.network().layers()).hasSameSizeAs(stages.layers());
    assertThat(wave.network().samples()).isEqualTo(24);
    assertThat(wave.network().outputSqnrDb())
        .allSatisfy((y, db) -> assertThat(db).isGreaterThan(5));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void finishWithoutMemoryForKeptBatches(String name, OnnxGraphs graph) throws Exception {
    StageGraph stages = StageGraph.of(graph.model());
    CalibrationRequest ample = Runs.request(stages, Plan.DEFAULT, DATA);
    CalibrationResult spooled = Runs.run(Runs.withMemory(ample, 0));
    CalibrationResult kept = Runs.run(ample);
    assertThat(spooled.spooledBytes()).isPositive();
    assertThat(kept.spooledBytes()).isZero();
    assertThat(Runs.integers(spooled)).isEqualTo(Runs.integers(kept));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void finishInParallelWithoutSpooling(String name, OnnxGraphs graph) throws Exception {
    StageGraph stages = StageGraph.of(graph.model());
    Plan parallel = Runs.PARALLEL;
    CalibrationResult result = Runs.run(Runs.withMemory(Runs.request(stages, parallel, DATA), 0));
    assertThat(result.spooledBytes()).isZero();
    assertThat(result.network().layers()).hasSameSizeAs(stages.layers());
  }
}
