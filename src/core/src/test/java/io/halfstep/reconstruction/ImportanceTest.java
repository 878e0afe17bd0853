package io.halfstep.reconstruction;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImportanceTest {
  @Test
  void itIsTheRootOfTheCurvatureWithAMeanSquareOfOne() {
    Tensor curvature = Tensor.of(new float[] {1, 4, 0, 3}, 1, 2, 2);

    Map<String, Tensor> found = Importance.of(Map.of("y", curvature), List.of("y"));

    assertThat(found.get("y").shape()).containsExactly(1, 2, 2);
    float half = (float) Math.sqrt(0.5);
    assertThat(found.get("y").floats()).containsExactly(half, 2 * half, 0, (float) Math.sqrt(1.5));
  }

  /** A network of a fixed batch size has several samples along the first axis. */
  @Test
  void samplesCountTogether() {
    Tensor curvature = Tensor.of(new float[] {1, 2, 3, 2}, 2, 2);

    Map<String, Tensor> found = Importance.of(Map.of("y", curvature), List.of("y"));

    assertThat(found.get("y").shape()).containsExactly(1, 2);
    assertThat(found.get("y").floats()).containsExactly(1, 1);
  }

  @Test
  void nothingIsKnownWithoutACurvature() {
    Map<String, Tensor> curvature =
        Map.of("zero", Tensor.of(new float[2], 1, 2), "scalar", Tensor.of(new float[] {1}));

    assertThat(Importance.of(curvature, List.of("y", "zero", "scalar"))).isEmpty();
  }
}
