package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;
import static io.halfstep.model.OnnxGraphs.integer;

import org.junit.jupiter.api.Test;

class SoftmaxGradientsTest {
  @Test
  void alongEachAxis() {
    for (int axis = -2; axis < 3; axis++) {
      long[][] shapes = shapes(shape(2, 3, 5));
      GradientCheck.ofNode(17, "Softmax", shapes, integer("axis", axis)).inDouble();
      GradientCheck.ofNode(17, "LogSoftmax", shapes, integer("axis", axis)).inDouble();
    }
  }

  @Test
  void alongTheLastAxisByDefault() {
    GradientCheck.ofNode(17, "Softmax", shapes(shape(2, 4))).inDouble();
    GradientCheck.ofNode(17, "LogSoftmax", shapes(shape(1, 1, 4))).inDouble();
  }
}
