package io.halfstep.extending;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.Quantization;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanText;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.RoundingMethod;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The example of {@code src/site/extending.md}: a range method that the library does not know. */
class RootMeanSquareTest {
  private static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");

  @Test
  void choosesTheRangesOfARun() throws InterruptedException {
    QuantizedNetwork clipped = quantized(new RootMeanSquare(1.5));
    QuantizedNetwork whole = quantized(new RangeMethod.MinMax());

    for (int i = 0; i < whole.layers().size(); i++) {
      assertThat(total(clipped.layers().get(i))).isLessThan(total(whole.layers().get(i)));
    }
    assertThat(clipped.activations().keySet()).isEqualTo(whole.activations().keySet());
    clipped
        .activations()
        .forEach(
            (name, encoding) ->
                assertThat(encoding.scale(0))
                    .as(name)
                    .isLessThan(whole.activations().get(name).scale(0)));
  }

  @Test
  void hasItsOwnLabel() {
    assertThat(PlanText.of(plan(new RootMeanSquare(4)))).contains("\"rms:4.0\"");
  }

  private static double total(QuantizedLayer layer) {
    double total = 0;
    for (float scale : layer.weight().encoding().scales()) {
      total += scale;
    }
    return total;
  }

  private static Plan plan(RangeMethod ranges) {
    return Plan.DEFAULT.toBuilder()
        .rounding(RoundingMethod.NEAREST)
        .weightRanges(ranges)
        .activationRanges(ranges)
        .build();
  }

  private static QuantizedNetwork quantized(RangeMethod ranges) throws InterruptedException {
    return Quantization.of(EXAMPLES.resolve("resnet14.onnx"))
        .data(EXAMPLES.resolve("calibration.npz").toString())
        .normalize("mean=0.2860,std=0.3530,scale=255")
        .samples(8)
        .plan(plan(ranges))
        .run()
        .network();
  }
}
