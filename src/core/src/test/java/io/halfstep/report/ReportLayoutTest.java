package io.halfstep.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.ActivationSites;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.report.ReportLayout.Edge;
import io.halfstep.report.ReportLayout.Node;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportLayoutTest {
  @ParameterizedTest
  @ValueSource(strings = {"resnet14", "mobilenetv2"})
  void edgesPointDownAndNoLineCrossesABox(String model) {
    ReportLayout layout =
        new ReportLayout(
            StageGraph.of(Model.read(Path.of("src/examples/fashion-mnist/" + model + ".onnx"))));

    holds(layout);
    assertThat(layout.lanes()).isLessThanOrEqualTo(2);
  }

  @Test
  void aResidualRunsInItsOwnLane() {
    ReportLayout layout =
        layout(stage("a", "x"), stage("b", "a"), stage("c", "b"), stage("add", "c", "a"));

    holds(layout);
    assertThat(lane(layout, "a")).isEqualTo(lane(layout, "c")).isEqualTo(lane(layout, "add"));
    assertThat(layout.edges())
        .anySatisfy(
            edge -> {
              assertThat(edge.from().label()).isEqualTo("a");
              assertThat(edge.to().label()).isEqualTo("add");
              assertThat(edge.lane()).isNotEqualTo(edge.from().lane());
            });
  }

  @Test
  void aDenseBlockStaysReadable() {
    ReportLayout layout =
        layout(
            stage("a", "x"),
            stage("b", "a"),
            stage("c", "a", "b"),
            stage("d", "a", "b", "c"),
            stage("e", "a", "b", "c", "d"));

    holds(layout);
    assertThat(layout.edges()).hasSize(11);
  }

  @Test
  void branchesOfEqualLevelStandSideBySide() {
    ReportLayout layout =
        layout(stage("q", "x"), stage("k", "x"), stage("v", "x"), stage("join", "q", "k", "v"));

    holds(layout);
    assertThat(List.of(lane(layout, "q"), lane(layout, "k"), lane(layout, "v")))
        .doesNotHaveDuplicates();
  }

  /** Nothing but its own node stands where a node stands or an edge passes. */
  private static void holds(ReportLayout layout) {
    Set<List<Integer>> boxes = new HashSet<>();
    for (Node node : layout.nodes()) {
      assertThat(boxes.add(List.of(node.rank(), node.lane()))).as("%s alone", node).isTrue();
    }
    for (Edge edge : layout.edges()) {
      assertThat(edge.to().rank()).isGreaterThan(edge.from().rank());
      for (int rank = edge.from().rank() + 1; rank < edge.to().rank(); rank++) {
        assertThat(boxes)
            .as("%s at rank %d", edge, rank)
            .doesNotContain(List.of(rank, edge.lane()));
      }
    }
  }

  private static int lane(ReportLayout layout, String label) {
    return layout.nodes().stream()
        .filter(node -> node.label().equals(label))
        .findFirst()
        .orElseThrow()
        .lane();
  }

  private static ReportLayout layout(OperatorStage... stages) {
    Model model = Model.read(Path.of("src/examples/fashion-mnist/resnet14.onnx"));
    return new ReportLayout(
        new StageGraph(
            model,
            List.of(stages),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            ActivationSites.NONE));
  }

  private static OperatorStage stage(String name, String... inputs) {
    return new OperatorStage(name, 0, List.of(inputs), List.of(name), List.of("Add"), new byte[0]);
  }
}
