package io.halfstep.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.export.ExportSummary;
import io.halfstep.export.QdqExport;
import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import io.halfstep.source.SampleBatch;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Graphs that join what has been learned at different depths finish with one batch of credit per
 * edge.
 */
class GraphShapesTest {
  private static final List<SampleBatch> DATA = Runs.noise("x", 12, 2, 4, 8, 8);

  @TempDir Path folder;

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

  /**
   * All encodings are equal at the joins, and the exported network computes what the student did.
   */
  @ParameterizedTest(name = "{0}")
  @MethodSource("shapes")
  void finishInIntegers(String name, OnnxGraphs graph) throws Exception {
    StageGraph stages = StageGraph.of(graph.model());
    Plan plan = Runs.INTEGERS.toBuilder().weightBits(8).build();

    QuantizedNetwork network = Runs.run(Runs.request(stages, plan, DATA)).network();

    assertThat(network.graph().sites().sites()).isNotEmpty();
    for (Site site : network.graph().sites().sites()) {
      assertThat(site.tensors().stream().map(network.activations()::get).distinct())
          .hasSize(1)
          .doesNotContainNull();
    }
    ExportSummary written = QdqExport.write(network, folder.resolve("out.onnx"));
    assertThat(written.notes()).isEmpty();
    assertThat(written.outputs())
        .isNotEmpty()
        .allSatisfy(output -> assertThat(output.agreementDb()).isGreaterThan(output.studentDb()));
  }
}
