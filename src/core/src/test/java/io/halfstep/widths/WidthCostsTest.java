package io.halfstep.widths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.allocation.Bits;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.plan.Budget;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WidthCostsTest {
  /** Layers q and k read x, and layer y reads the sum of what they make. */
  private static final StageGraph GRAPH =
      StageGraph.of(
          OnnxGraphs.opset(13)
              .input("x", -1, 8)
              .weight("wq", 8, 8)
              .node("MatMul", "q", List.of("x", "wq"))
              .weight("wk", 8, 8)
              .node("MatMul", "k", List.of("x", "wk"))
              .node("Add", "s", List.of("q", "k"))
              .weight("w", 8, 4)
              .node("MatMul", "y", List.of("s", "w"))
              .output("y")
              .model());

  private static final Budget BOPS = Budget.parse("bops=1e9");

  @TempDir Path folder;

  private static List<List<String>> groups(WidthCosts costs) {
    return costs.allowed().groups().stream()
        .map(group -> group.stream().map(Layer::name).toList())
        .toList();
  }

  private static Layer layer(String name) {
    return GRAPH.layers().stream().filter(l -> l.name().equals(name)).findFirst().orElseThrow();
  }

  private WidthCosts table(Plan plan, String lines) throws IOException {
    Path file =
        Files.writeString(folder.resolve("c.csv"), "layer,weights,activations,cost\n" + lines);
    return new WidthCosts(GRAPH, plan, Budget.parse("table=" + file + ":10"));
  }

  @Test
  void layersThatReadOneTensorChooseTogether() {
    WidthCosts costs = new WidthCosts(GRAPH, Plan.DEFAULT, BOPS);

    assertThat(groups(costs)).containsExactlyInAnyOrder(List.of("q", "k"), List.of("y"));
    assertThat(costs.of(layer("y")))
        .hasSize(7 * 8)
        .containsEntry(new Bits(3, 16), 8L * 4 * 3 * 16)
        .containsEntry(new Bits(8, 2), 8L * 4 * 8 * 2);
  }

  @Test
  void activationsKeepTheBitsThatThePlanGivesOneOfTheirReaders() {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .override(LayerOverride.of("k").activationBits(4))
            .override(LayerOverride.of("y").activationBits(0))
            .build();

    WidthCosts costs = new WidthCosts(GRAPH, plan, BOPS);

    // q has the default, and the tensor the most bits of its readers
    assertThat(costs.of(layer("k"))).hasSize(7).containsEntry(new Bits(2, 8), 8L * 8 * 2 * 8);
    assertThat(costs.of(layer("y"))).hasSize(7).containsEntry(new Bits(2, 0), 8L * 4 * 2 * 32);
    assertThat(new WidthCosts(GRAPH, plan, Budget.bits(4)).of(layer("q")))
        .hasSize(7)
        .containsEntry(new Bits(2, 8), 8L * 8 * 2);
  }

  @Test
  void aTableAllowsWhatItLists() throws IOException {
    WidthCosts costs =
        table(Plan.DEFAULT, "{q,k},4,8,1.5\n{q,k},4,4,1\nk,4,4,0.75\n\n*,8,8,2.000001\n");

    assertThat(costs.of(layer("k")))
        .isEqualTo(
            Map.of(
                new Bits(4, 4), 750_000L, new Bits(4, 8), 1_500_000L, new Bits(8, 8), 2_000_001L));
    assertThat(costs.of(layer("y"))).isEqualTo(Map.of(new Bits(8, 8), 2_000_001L));
    assertThat(costs.limit()).isEqualTo(10 * costs.unit());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "q,4,8         | c.csv:2: line: found 'q,4,8', expected layer,weights,activations,cost",
        "q,9,8,1       | c.csv:2: weights: found '9', expected a whole number from 2 to 8",
        "q,4,x,1       | c.csv:2: activations: found 'x', expected a whole number from 2 to 8, or 16, or dynamic or float",
        "q,4,8,-1      | c.csv:2: cost: found '-1', expected a number from 0 to 1e9 with at most 6 decimals",
        "q,4,8,0.0000001 | c.csv:2: cost: found '0.0000001', expected a number from 0 to 1e9",
        "{q,k},4,8,1   | c.csv: no line is for layer 'y'",
        "*,4,float,1   | c.csv: layer 'q' has no widths that the plan allows: found 4,float, expected",
        "*,4,8,4       | found less than the layers take at their least bits; expected 12.000 to 12.000"
      })
  void saysWhatIsWrongWithATable(String lines, String message) {
    assertThatThrownBy(() -> table(Plan.DEFAULT, lines))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void sharedTensorsNeedBitsInCommon() {
    assertThatThrownBy(() -> table(Plan.DEFAULT, "q,4,8,1\nk,4,4,1\ny,4,8,1"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "layers 'q', 'k' read the same tensor, but have no bits of activations in common");
  }

  @Test
  void aMissingTableIsNamed() {
    assertThatThrownBy(
            () -> new WidthCosts(GRAPH, Plan.DEFAULT, Budget.parse("table=/none/c.csv:3")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("/none/c.csv can't be read");
  }
}
