package io.halfstep.branch;

import static io.halfstep.model.OnnxGraphs.body;
import static io.halfstep.model.OnnxGraphs.integer;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TakenBranchesTest {
  private static final Tensor X = Tensor.of(new float[] {1, -2, 3, -4, 5, -6}, 2, 3);

  /** Both branches and the graph use the same names; a node before the If is for one branch. */
  private static Model model() {
    OnnxGraphs then =
        OnnxGraphs.opset(17)
            .weight("w", 3, 3)
            .node("MatMul", "t", List.of("only", "w"))
            .node("Relu", "u", List.of("t"))
            .output("u")
            .output("t");
    OnnxGraphs otherwise =
        OnnxGraphs.opset(17)
            .weight("w", 3, 3)
            .node("MatMul", "t", List.of("both", "w"))
            .node("Neg", "u", List.of("t"))
            .output("t")
            .output("u");
    return OnnxGraphs.opset(17)
        .input("x", 2, 3)
        .input("flag", ElementType.BOOL)
        .weight("w", 3, 3)
        .node("MatMul", "m", List.of("x", "w"))
        .node("Tanh", "only", List.of("m"))
        .node("Sin", "both", List.of("m"))
        .node(
            "If",
            "i",
            List.of("flag"),
            List.of("y", "z"),
            body("then_branch", then),
            body("else_branch", otherwise))
        .node("Add", "s", List.of("y", "both"))
        .output("s")
        .output("z")
        .model();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void outsideAndInsideAgainItComputesTheSame(boolean taken) {
    Model model = model();
    Model outside = TakenBranches.outside(model, Map.of("y", taken));
    GraphProto inside = TakenBranches.inside(outside.proto().getGraph(), Map.of("y", taken));

    assertThat(operators(outside.proto().getGraph()))
        .containsExactly("MatMul", "Tanh", "Sin", "MatMul", taken ? "Relu" : "Neg", "If", "Add");
    assertThat(operators(inside))
        .isEqualTo(
            taken
                ? List.of("MatMul", "Sin", "If", "Add")
                : List.of("MatMul", "Tanh", "Sin", "If", "Add"));
    assertThat(inside.getInitializerList()).hasSize(1);
    ModelProto again = model.proto().toBuilder().setGraph(inside).build();
    for (byte flag : new byte[] {0, 1}) {
      Map<String, Tensor> inputs =
          Map.of("x", X, "flag", Tensor.of(ElementType.BOOL, new byte[] {flag}));
      Map<String, float[]> expected = run(model.proto(), inputs);
      assertThat(run(outside.proto(), inputs)).usingRecursiveComparison().isEqualTo(expected);
      assertThat(run(again, inputs)).usingRecursiveComparison().isEqualTo(expected);
    }
  }

  @Test
  void aPartOfAModel() {
    Model part = model().computing(Set.of("both"));

    assertThat(operators(part.proto().getGraph())).containsExactly("MatMul", "Sin");
  }

  private static List<String> operators(GraphProto graph) {
    return graph.getNodeList().stream().map(NodeProto::getOpType).toList();
  }

  private static Map<String, float[]> run(ModelProto model, Map<String, Tensor> inputs) {
    Map<String, float[]> results = new HashMap<>();
    try (OnnxProgram program =
        OnnxProgram.load(model.toByteArray(), new Options(1, Optimization.NONE))) {
      program.run(inputs).forEach((name, tensor) -> results.put(name, tensor.floats()));
    }
    return results;
  }

  /** Those around an If are folded before it is decided, those of its branch afterwards. */
  @Test
  void theStatisticsOfBatchNormsAreKeptInAndAroundABranch() {
    OnnxGraphs then =
        OnnxGraphs.opset(17)
            .weight("v", 3, 4)
            .node("Gemm", "t", List.of("n", "v"))
            .batchNorm("u", "t", 4)
            .output("u");
    OnnxGraphs otherwise =
        OnnxGraphs.opset(17).node("Concat", "c", List.of("n", "n"), integer("axis", 1)).output("c");
    Model model =
        OnnxGraphs.opset(17)
            .input("x", -1, 3)
            .input("flag", ElementType.BOOL)
            .weight("w", 3, 3)
            .node("Gemm", "m", List.of("x", "w"))
            .batchNorm("n", "m", 3)
            .node(
                "If",
                "y",
                List.of("flag"),
                body("then_branch", then),
                body("else_branch", otherwise))
            .output("y")
            .model();
    Model folded = model.folded();
    assertThat(folded.batchNorms()).containsOnlyKeys("n");

    Model outside = TakenBranches.outside(folded, Map.of("y", true)).folded();
    assertThat(outside.batchNorms()).containsOnlyKeys("n", "u");
    assertThat(outside.batchNorms().get("n")).isSameAs(folded.batchNorms().get("n"));
  }
}
