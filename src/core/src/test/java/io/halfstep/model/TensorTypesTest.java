package io.halfstep.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorTypesTest {
  /** ONNX Runtime by itself would end the process. */
  @Test
  void aConvolutionOfTooFewAxesIsRefused() {
    Model model =
        OnnxGraphs.opset(17)
            .input("x", 8, 8)
            .weight("w", 6, 4, 3, 3)
            .node("Conv", "y", List.of("x", "w"))
            .output("y")
            .model();

    assertThatThrownBy(() -> TensorTypes.infer(model, List.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("kernel_shape");
  }
}
