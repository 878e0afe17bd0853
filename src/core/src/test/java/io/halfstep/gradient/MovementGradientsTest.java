package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.text;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class MovementGradientsTest {
  private static GradientCheck withIntegers(
      String op, long[] x, long[] integers, AttributeProto... attributes) {
    return GradientCheck.of(
        OnnxGraphs.opset(18)
            .input("x", x)
            .integers("integers", integers)
            .node(op, "y", List.of("x", "integers"), attributes)
            .output("y"));
  }

  @Test
  void newShapes() {
    withIntegers("Reshape", shape(2, 3, 4), shape(0, -1)).linear();
    withIntegers("Reshape", shape(1, 1), shape()).linear();
    withIntegers("Squeeze", shape(2, 1, 3, 1), shape(1, -1)).linear();
    withIntegers("Unsqueeze", shape(2, 3), shape(0, -1)).linear();
    GradientCheck.ofNode(18, "Squeeze", shapes(shape(1, 3, 1))).linear();
    GradientCheck.ofNode(18, "Flatten", shapes(shape(2, 3, 4)), integer("axis", 2)).linear();
    GradientCheck.ofNode(18, "Flatten", shapes(shape(2, 3, 4)), integer("axis", 0)).linear();
  }

  @Test
  void transpositions() {
    GradientCheck.ofNode(18, "Transpose", shapes(shape(2, 3, 4))).linear();
    GradientCheck.ofNode(18, "Transpose", shapes(shape(2, 3, 4, 5)), ints("perm", 2, 0, 3, 1))
        .linear();
  }

  @Test
  void concatenations() {
    long[][] shapes = shapes(shape(2, 1, 3), shape(2, 4, 3), shape(2, 2, 3));
    GradientCheck.ofNode(18, "Concat", shapes, integer("axis", 1)).linear();
    GradientCheck.ofNode(18, "Concat", shapes, integer("axis", -2)).linear();
  }

  @Test
  void partsThatAreNotUsed() {
    GradientCheck.of(
            OnnxGraphs.opset(18)
                .input("x", 2, 7)
                .integers("sizes", 2, 1, 4)
                .node(
                    "Split",
                    "split",
                    List.of("x", "sizes"),
                    List.of("first", "unused", "last"),
                    integer("axis", -1))
                .output("last")
                .output("first"))
        .linear();
  }

  @Test
  void equalParts() {
    GradientCheck.of(
            OnnxGraphs.opset(18)
                .input("x", 5, 2)
                .node("Split", "split", List.of("x"), List.of("a", "b"), integer("num_outputs", 2))
                .output("a")
                .output("b"))
        .linear();
  }

  @Test
  void repeats() {
    withIntegers("Expand", shape(3, 1), shape(2, 1, 4)).linear();
    withIntegers("Expand", shape(2, 3), shape(1, 1)).linear();
    withIntegers("Tile", shape(2, 3), shape(3, 2)).linear();
    withIntegers("Tile", shape(2, 1, 3), shape(1, 4, 1)).linear();
  }

  @Test
  void gatheredElements() {
    withIntegers("Gather", shape(5, 3), shape(4, 0, 4, -1)).linear();
    withIntegers("Gather", shape(2, 4, 3), shape(3, 3, 1), integer("axis", -2)).linear();
    for (Tensor indices :
        List.of(
            Tensor.of(ElementType.INT64, new long[] {1}),
            Tensor.of(ElementType.INT32, new int[] {1, 0, 1, 2, 2, -3}, 2, 3))) {
      GradientCheck.of(
              OnnxGraphs.opset(18)
                  .input("x", 2, 3, 4)
                  .initializer("indices", indices)
                  .node("Gather", "y", List.of("x", "indices"), integer("axis", 1))
                  .output("y"))
          .linear();
    }
  }

  @Test
  void castsAndDropoutInUse() {
    GradientCheck.of(
            OnnxGraphs.opset(18)
                .input("x", 2, 3)
                .node("Cast", "cast", List.of("x"), integer("to", ElementType.FLOAT.onnx()))
                .node("Dropout", "y", List.of("cast"), List.of("y", "mask"))
                .output("y"))
        .linear();
  }

  @Test
  void notDropoutInTraining() {
    OnnxGraphs graph =
        OnnxGraphs.opset(18)
            .input("x", 2, 3)
            .initializer("ratio", Tensor.of(new float[] {0.5f}))
            .initializer("training", Tensor.of(ElementType.BOOL, new byte[] {1}))
            .node("Dropout", "y", List.of("x", "ratio", "training"))
            .output("y");
    assertThatThrownBy(() -> GradientCheck.of(graph).linear())
        .hasMessage("node 'y': Dropout has no gradient in training mode");
  }

  @Test
  void blocksOfPixels() {
    for (String mode : List.of("DCR", "CRD")) {
      GradientCheck.ofNode(
              18,
              "DepthToSpace",
              shapes(shape(2, 18, 2, 1)),
              integer("blocksize", 3),
              text("mode", mode))
          .linear();
    }
    GradientCheck.ofNode(18, "DepthToSpace", shapes(shape(1, 8, 3, 2)), integer("blocksize", 2))
        .linear();
    GradientCheck.ofNode(18, "SpaceToDepth", shapes(shape(1, 2, 4, 6)), integer("blocksize", 2))
        .linear();
  }
}
