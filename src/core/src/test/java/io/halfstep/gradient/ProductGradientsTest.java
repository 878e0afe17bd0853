package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.real;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ProductGradientsTest {
  static final List<long[][]> FACTORS =
      List.of(
          shapes(shape(3, 4), shape(4, 5)),
          shapes(shape(1, 1), shape(1, 1)),
          shapes(shape(4), shape(4)),
          shapes(shape(4), shape(4, 3)),
          shapes(shape(3, 4), shape(4)),
          shapes(shape(2, 3, 4), shape(4, 5)),
          shapes(shape(2, 3, 4), shape(4)),
          shapes(shape(4), shape(2, 4, 5)),
          shapes(shape(3, 4), shape(2, 4, 5)),
          shapes(shape(2, 3, 4), shape(2, 4, 5)),
          shapes(shape(1, 3, 4), shape(2, 4, 5)),
          shapes(shape(2, 3, 1, 4), shape(3, 4, 5)),
          shapes(shape(2, 1, 3, 4), shape(1, 5, 4, 2)),
          shapes(shape(2, 3, 1, 4), shape(4, 5)),
          shapes(shape(2, 3, 2, 4), shape(4)));

  @ParameterizedTest
  @FieldSource("FACTORS")
  void matrices(long[][] shapes) {
    GradientCheck.ofNode(17, "MatMul", shapes).inDouble();
  }

  @Test
  void generalProducts() {
    for (int trans = 0; trans < 4; trans++) {
      long[] a = trans % 2 == 0 ? shape(3, 4) : shape(4, 3);
      long[] b = trans / 2 == 0 ? shape(4, 5) : shape(5, 4);
      for (long[] c : shapes(shape(), shape(5), shape(1), shape(3, 1), shape(1, 5), shape(3, 5))) {
        GradientCheck.ofNode(
                17,
                "Gemm",
                shapes(a, b, c),
                integer("transA", trans % 2),
                integer("transB", trans / 2),
                real("alpha", 0.7f),
                real("beta", -1.3f))
            .inDouble();
      }
      GradientCheck.ofNode(
              17, "Gemm", shapes(a, b), integer("transA", trans % 2), integer("transB", trans / 2))
          .inDouble();
    }
  }
}
