package io.halfstep.gradient;

import static io.halfstep.gradient.GradientCheck.shape;
import static io.halfstep.gradient.GradientCheck.shapes;
import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.real;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.model.OnnxGraphs;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NormalizationGradientsTest {
  @Test
  void byGivenStatistics() {
    for (long[] x : shapes(shape(2, 3, 4, 5), shape(1, 3, 1), shape(4, 3))) {
      GradientCheck.ofNode(
              17,
              "BatchNormalization",
              shapes(x, shape(3), shape(3), shape(3), shape(3)),
              real("epsilon", 0.01f))
          .within("e", 0.5, 2)
          .inDouble();
    }
  }

  @Test
  void notInTrainingMode() {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", 4, 3, 2, 2)
            .positive("c", 3)
            .node(
                "BatchNormalization",
                "y",
                List.of("x", "c", "c", "c", "c"),
                List.of("y", "mean", "variance"),
                integer("training_mode", 1))
            .output("y");
    assertThatThrownBy(() -> GradientCheck.of(graph).linear())
        .hasMessage("node 'y': BatchNormalization has no gradient in training mode");
  }

  @Test
  void overTheLastAxes() {
    for (int axis : new int[] {-1, 1, -2}) {
      long[] scale = axis == -1 ? shape(5) : shape(3, 5);
      GradientCheck.ofNode(
              17,
              "LayerNormalization",
              shapes(shape(2, 3, 5), scale, scale),
              integer("axis", axis),
              real("epsilon", 0.02f))
          .inDouble();
    }
    GradientCheck.ofNode(17, "LayerNormalization", shapes(shape(1, 6), shape(6))).inDouble();
    GradientCheck.ofNode(17, "LayerNormalization", shapes(shape(3, 2, 4), shape(1, 4))).inDouble();
  }

  @Test
  void overPlanesAndGroups() {
    long[][] shapes = shapes(shape(2, 6, 3, 2), shape(6), shape(6));
    GradientCheck.ofNode(17, "InstanceNormalization", shapes)
        .against(inputs -> grouped(inputs, 2, 6, 6, 1e-5f));
    GradientCheck.ofNode(21, "GroupNormalization", shapes, integer("num_groups", 3))
        .against(inputs -> grouped(inputs, 2, 6, 3, 1e-5f));
  }

  /** Normalizes {@code a [samples, channels, 6]} over each group of channels. */
  private static double[] grouped(
      Map<String, double[]> inputs, int samples, int channels, int groups, float epsilon) {
    double[] x = inputs.get("a");
    double[] y = new double[x.length];
    int size = x.length / samples / groups;
    for (int start = 0; start < x.length; start += size) {
      double sum = 0;
      double squares = 0;
      for (int i = start; i < start + size; i++) {
        sum += x[i];
        squares += x[i] * x[i];
      }
      double mean = sum / size;
      double deviation = Math.sqrt(squares / size - mean * mean + epsilon);
      for (int i = start; i < start + size; i++) {
        int channel = i / (x.length / samples / channels) % channels;
        y[i] = (x[i] - mean) / deviation * inputs.get("b")[channel] + inputs.get("c")[channel];
      }
    }
    return y;
  }

  /** The mean and deviation of a batch per channel, of which data are made without samples. */
  @Test
  void batchStatistics() {
    GradientCheck.of(
            OnnxGraphs.opset(18)
                .input("x", 3, 2, 4, 3)
                .integers("axes", 0, 2, 3)
                .node("ReduceMean", "mean", List.of("x", "axes"))
                .node("Sub", "centered", List.of("x", "mean"))
                .node("Mul", "squares", List.of("centered", "centered"))
                .node("ReduceMean", "variance", List.of("squares", "axes"))
                .node("Sqrt", "deviation", List.of("variance"))
                .output("mean")
                .output("deviation"))
        .inDouble();
  }
}
