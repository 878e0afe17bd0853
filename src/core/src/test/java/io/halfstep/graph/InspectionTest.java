package io.halfstep.graph;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.model.Model;
import io.halfstep.model.OnnxGraphs;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class InspectionTest {
  @Test
  void countsParametersAndMultiplications() {
    List<Inspection> inspections =
        Inspection.of(
            StageGraph.of(
                OnnxGraphs.opset(17)
                    .input("x", -1, 4, 9, 9)
                    .weight("w", 6, 2, 3, 3)
                    .weight("b", 6)
                    .weight("t", 6, 5, 2, 2)
                    .weight("m", 16, 10)
                    .node(
                        "Conv",
                        "conv",
                        List.of("x", "w", "b"),
                        integer("group", 2),
                        ints("strides", 2, 2))
                    .node("ConvTranspose", "up", List.of("conv", "t"), ints("strides", 2, 2))
                    .integers("shape", 0, 20, 16)
                    .node("Reshape", "flat", List.of("up", "shape"))
                    .node("MatMul", "matmul", List.of("flat", "m"))
                    .node("Transpose", "turned", List.of("matmul"), ints("perm", 0, 2, 1))
                    .node("MatMul", "dynamic", List.of("matmul", "turned"))
                    .output("dynamic")
                    .model()));

    assertThat(inspections)
        .containsExactly(
            new Inspection(
                "conv",
                "Conv",
                List.of(6L, 2L, 3L, 3L),
                List.of(1L, 6L, 4L, 4L),
                114,
                OptionalLong.of(108 * 16),
                ""),
            new Inspection(
                "up",
                "ConvTranspose",
                List.of(6L, 5L, 2L, 2L),
                List.of(1L, 5L, 8L, 8L),
                120,
                OptionalLong.of(120 * 16),
                ""),
            new Inspection(
                "matmul",
                "MatMul",
                List.of(16L, 10L),
                List.of(1L, 20L, 10L),
                160,
                OptionalLong.of(160 * 20),
                ""),
            new Inspection(
                "dynamic",
                "MatMul",
                List.of(),
                List.of(),
                0,
                OptionalLong.of(20 * 20 * 10),
                "its weight is computed at run time"));
  }

  @Test
  void aLengthThatIsUnknownLeavesTheMultiplicationsUnknown() {
    List<Inspection> inspections =
        Inspection.of(
            StageGraph.of(
                OnnxGraphs.opset(17)
                    .input("x", -1, -1, 4)
                    .weight("w", 4, 3)
                    .node("MatMul", "y", List.of("x", "w"))
                    .output("y")
                    .model()));

    assertThat(inspections).extracting(Inspection::macs).containsExactly(OptionalLong.empty());
    assertThat(inspections.get(0).outputShape()).containsExactly(1L, -1L, 3L);
  }

  /** Each matrix multiplies its own rows of a sample, or all rows. */
  @Test
  void aStackOfMatrices() {
    List<Inspection> inspections =
        Inspection.of(
            StageGraph.of(
                OnnxGraphs.opset(17)
                    .input("x", -1, 7, 3, 5, 4)
                    .input("rows", -1, 4)
                    .weight("w", 3, 4, 6)
                    .node("MatMul", "y", List.of("x", "w"))
                    .node("MatMul", "z", List.of("rows", "w"))
                    .output("y")
                    .output("z")
                    .model()));

    assertThat(inspections)
        .containsExactly(
            new Inspection(
                "y",
                "MatMul",
                List.of(3L, 4L, 6L),
                List.of(1L, 7L, 3L, 5L, 6L),
                72,
                OptionalLong.of(7 * 3 * 5 * 6 * 4),
                ""),
            new Inspection(
                "z",
                "MatMul",
                List.of(3L, 4L, 6L),
                List.of(3L, 1L, 6L),
                72,
                OptionalLong.of(3 * 6 * 4),
                ""));
  }

  @Test
  void theBundledResnet() {
    List<Inspection> inspections =
        Inspection.of(
            StageGraph.of(Model.read(Path.of("src/examples/fashion-mnist/resnet14.onnx"))));

    assertThat(inspections).hasSize(16).allMatch(Inspection::quantized);
    assertThat(inspections.stream().mapToLong(Inspection::parameters).sum())
        .isBetween(173_000L, 177_000L);
    assertThat(inspections).allMatch(inspection -> inspection.macs().isPresent());
  }
}
