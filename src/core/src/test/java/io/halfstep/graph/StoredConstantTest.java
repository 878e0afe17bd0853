package io.halfstep.graph;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.model.Nodes;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoredConstantTest {
  private static final long WORDS = 128;

  private static OnnxGraphs network() {
    return OnnxGraphs.opset(17)
        .input("ids", ElementType.INT64, -1, 5)
        .weight("table", WORDS, 8)
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
  void isATableOfWhichRowsAreRead() {
    StageGraph graph =
        StageGraph.of(
            network()
                .node("Gather", "other", List.of("table", "ids"))
                .node("Add", "y", List.of("m", "other"))
                .output("y")
                .model());

    assertThat(graph.floatNodes()).isEmpty();
    assertThat(graph.possibleLayers()).containsExactlyInAnyOrder("m", "h", "other");
    assertThat(graph.storedConstants())
        .singleElement()
        .satisfies(
            table -> {
              assertThat(table.name()).isEqualTo("table");
              assertThat(table.bytes()).isEqualTo(WORDS * 8 * 4);
              assertThat(table.out()).isEqualTo((int) WORDS);
              assertThat(table.k()).isEqualTo(8);
              assertThat(table.readers()).extracting(Nodes::name).containsExactly("h", "other");
              assertThat(table.layer()).isNull();
            });
  }

  @Test
  void mayBeTheWeightOfALayer() {
    StageGraph graph = StageGraph.of(tied().model());

    assertThat(graph.storedConstants())
        .singleElement()
        .satisfies(table -> assertThat(table.layer().name()).isEqualTo("y"));
  }

  @Test
  void isNotReadOtherwise() {
    OnnxGraphs byProduct =
        tied()
            .node("ReduceMean", "mean", List.of("y"))
            .node("Mul", "z", List.of("table", "mean"))
            .output("z");
    OnnxGraphs byColumn =
        tied().node("Gather", "z", List.of("table", "ids"), integer("axis", 1)).output("z");
    for (OnnxGraphs graph : List.of(byProduct, byColumn, tied().output("table"))) {
      StageGraph stages = StageGraph.of(graph.model());
      assertThat(stages.storedConstants()).isEmpty();
      assertThat(stages.floatNodes())
          .filteredOn(node -> node.name().equals("h"))
          .singleElement()
          .satisfies(
              node -> assertThat(node.reason()).matches("something else reads its 'table.*', too"));
    }
  }

  /** Scales and operators take as much as they save. */
  @Test
  void isNotSmall() {
    assertThat(reason(OnnxGraphs.opset(17).weight("table", WORDS - 1, 8)))
        .isEqualTo("its 'table' of 4.1 kB is too small to gain");
    assertThat(reason(OnnxGraphs.opset(17).weight("table", 10_000, 7)))
        .isEqualTo("its 'table' of 280 kB is too small to gain");
  }

  @Test
  void isFinite() {
    float[] values = new float[2000];
    values[9] = Float.NEGATIVE_INFINITY;
    assertThat(reason(OnnxGraphs.opset(17).initializer("table", Tensor.of(values, 200, 10))))
        .isEqualTo("its 'table' holds -Infinity at [0, 9]");
  }

  private static String reason(OnnxGraphs table) {
    return StageGraph.of(
            table
                .input("ids", ElementType.INT64, -1, 5)
                .input("x", -1, 8)
                .weight("w", 8, 8)
                .node("Gather", "h", List.of("table", "ids"))
                .node("MatMul", "m", List.of("x", "w"))
                .output("h")
                .output("m")
                .model())
        .floatNodes()
        .get(0)
        .reason();
  }

  /** The layer's columns would be the table's rows. */
  @Test
  void isNotTheWeightOfALayerWithoutTheTranspose() {
    OnnxGraphs square =
        OnnxGraphs.opset(17)
            .input("ids", ElementType.INT64, -1, 5)
            .weight("table", 32, 32)
            .node("Gather", "h", List.of("table", "ids"))
            .node("MatMul", "y", List.of("h", "table"))
            .output("y");
    assertThat(StageGraph.of(square.model()).storedConstants())
        .singleElement()
        .satisfies(table -> assertThat(table.layer()).isNull());
  }

  @Test
  void isNotTheWeightOfALayerWithOtherValues() {
    OnnxGraphs other = network().weight("v", 8, WORDS).node("MatMul", "y", List.of("m", "v"));
    assertThat(StageGraph.of(other.output("y").model()).storedConstants())
        .singleElement()
        .satisfies(table -> assertThat(table.layer()).isNull());
  }
}
