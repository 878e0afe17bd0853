package io.halfstep.graph;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import java.util.List;
import org.junit.jupiter.api.Test;

class TiedTableTest {
  private static OnnxGraphs network() {
    return OnnxGraphs.opset(17)
        .input("ids", ElementType.INT64, -1, 5)
        .weight("table", 50, 8)
        .weight("w", 8, 8)
        .node("Gather", "h", List.of("table", "ids"))
        .node("MatMul", "m", List.of("h", "w"));
  }

  private static OnnxGraphs tied() {
    return network()
        .node("Transpose", "turned", List.of("table"), ints("perm", 1, 0))
        .node("MatMul", "y", List.of("m", "turned"))
        .output("y");
  }

  @Test
  void isTheWeightOfALayer() {
    StageGraph graph = StageGraph.of(tied().model());

    assertThat(graph.tiedTables())
        .singleElement()
        .satisfies(
            table -> {
              assertThat(table.name()).isEqualTo("table");
              assertThat(table.bytes()).isEqualTo(50 * 8 * 4);
              assertThat(table.gathers()).containsExactly("h");
              assertThat(table.layer().name()).isEqualTo("y");
            });
    assertThat(graph.floatNodes())
        .containsExactly(
            new FloatNode(
                "h",
                "Gather",
                "its table is also the weight of 'y'; if that has 8 bits per channel, the file"
                    + " holds it once, as integers, otherwise twice: another 1.6 kB in float"));
  }

  @Test
  void isNotReadOtherwise() {
    assertThat(
            StageGraph.of(
                    tied()
                        .node("ReduceMean", "mean", List.of("y"))
                        .node("Mul", "z", List.of("table", "mean"))
                        .output("z")
                        .model())
                .tiedTables())
        .isEmpty();
    assertThat(
            StageGraph.of(
                    tied()
                        .node("Gather", "z", List.of("table", "ids"), integer("axis", 1))
                        .output("z")
                        .model())
                .tiedTables())
        .isEmpty();
  }

  /** The layer's columns would be the table's rows. */
  @Test
  void isNotTheWeightOfALayerWithoutTheTranspose() {
    OnnxGraphs square =
        OnnxGraphs.opset(17)
            .input("ids", ElementType.INT64, -1, 5)
            .weight("table", 8, 8)
            .node("Gather", "h", List.of("table", "ids"))
            .node("MatMul", "y", List.of("h", "table"))
            .output("y");
    assertThat(StageGraph.of(square.model()).tiedTables()).isEmpty();
  }

  @Test
  void hasTheSameValues() {
    OnnxGraphs other = network().weight("v", 8, 50).node("MatMul", "y", List.of("m", "v"));
    assertThat(StageGraph.of(other.output("y").model()).tiedTables()).isEmpty();
  }
}
