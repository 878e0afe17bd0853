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
        Arguments.of("residual", residual()),
        Arguments.of("inception", inception()),
        Arguments.of("dense", dense()),
        Arguments.of("u-net", unet()),
        Arguments.of("input to the very end", inputToTheEnd()));
  }

  private static OnnxGraphs conv(OnnxGraphs graph, String from, String to, int in, int out) {
    return graph
        .weight(to + "_w", out, in, 3, 3)
        .node("Conv", to, List.of(from, to + "_w"), OnnxGraphs.ints("pads", 1, 1, 1, 1));
  }

  private static OnnxGraphs start() {
    return OnnxGraphs.opset(13).input("x", -1, 4, 8, 8);
  }

  private static OnnxGraphs residual() {
    OnnxGraphs g = start();
    conv(g, "x", "a", 4, 4).node("Relu", "ar", List.of("a"));
    conv(g, "ar", "b", 4, 4);
    g.node("Add", "s", List.of("b", "x")).node("Relu", "sr", List.of("s"));
    conv(g, "sr", "c", 4, 4).node("Relu", "cr", List.of("c"));
    conv(g, "cr", "d", 4, 4);
    return g.node("Add", "y", List.of("d", "sr")).output("y");
  }

  private static OnnxGraphs inception() {
    OnnxGraphs g = start();
    conv(g, "x", "a", 4, 2);
    conv(g, "x", "b1", 4, 2);
    conv(g, "b1", "b2", 2, 2);
    conv(g, "x", "c1", 4, 2);
    conv(g, "c1", "c2", 2, 2);
    conv(g, "c2", "c3", 2, 2);
    g.node("AveragePool", "p", List.of("x"), OnnxGraphs.ints("kernel_shape", 1, 1));
    g.node("Concat", "j", List.of("a", "b2", "c3", "p"), OnnxGraphs.integer("axis", 1));
    conv(g, "j", "y", 10, 3);
    return g.output("y");
  }

  private static OnnxGraphs dense() {
    OnnxGraphs g = start();
    conv(g, "x", "a", 4, 2);
    g.node("Concat", "xa", List.of("x", "a"), OnnxGraphs.integer("axis", 1));
    conv(g, "xa", "b", 6, 2);
    g.node("Concat", "xab", List.of("x", "a", "b"), OnnxGraphs.integer("axis", 1));
    conv(g, "xab", "c", 8, 2);
    g.node("Concat", "xabc", List.of("x", "a", "b", "c"), OnnxGraphs.integer("axis", 1));
    conv(g, "xabc", "y", 10, 2);
    return g.output("y");
  }

  private static OnnxGraphs unet() {
    OnnxGraphs g = start();
    conv(g, "x", "e1", 4, 4);
    pool(g, "e1", "p1");
    conv(g, "p1", "e2", 4, 4);
    pool(g, "e2", "p2");
    conv(g, "p2", "m", 4, 4);
    up(g, "m", "u2");
    g.node("Concat", "j2", List.of("u2", "e2"), OnnxGraphs.integer("axis", 1));
    conv(g, "j2", "d2", 8, 4);
    up(g, "d2", "u1");
    g.node("Concat", "j1", List.of("u1", "e1"), OnnxGraphs.integer("axis", 1));
    conv(g, "j1", "y", 8, 2);
    return g.output("y").output("m");
  }

  private static OnnxGraphs inputToTheEnd() {
    OnnxGraphs g = start();
    conv(g, "x", "a", 4, 4);
    conv(g, "a", "b", 4, 4);
    conv(g, "b", "c", 4, 4);
    return g.node("Add", "y", List.of("c", "x")).output("y").output("a");
  }

  private static void pool(OnnxGraphs g, String from, String to) {
    g.node(
        "MaxPool",
        to,
        List.of(from),
        OnnxGraphs.ints("kernel_shape", 2, 2),
        OnnxGraphs.ints("strides", 2, 2));
  }

  private static void up(OnnxGraphs g, String from, String to) {
    g.weight(to + "_w", 4, 4, 2, 2)
        .node("ConvTranspose", to, List.of(from, to + "_w"), OnnxGraphs.ints("strides", 2, 2));
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
    for (int i = 0; i < stages.layers().size(); i++) {
      assertThat(spooled.network().layers().get(i).weight().integers())
          .isEqualTo(kept.network().layers().get(i).weight().integers());
    }
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
