package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TargetRulesTest {
  private static void require(Plan plan) {
    plan.requireLayers("net.onnx", List.of("a", "b"));
  }

  private static PlanBuilder plan(Target target) {
    return Plan.DEFAULT.toBuilder().target(target);
  }

  @ParameterizedTest
  @CsvSource({
    "ONNXRUNTIME_CPU, 4, 8, ASYMMETRIC, LAYERS",
    "ONNXRUNTIME_CPU_AVX2, 8, 8, ASYMMETRIC, LAYERS",
    "QNN, 8, 8, ASYMMETRIC, ALL",
    "TENSORRT, 8, 8, SIGNED, LAYERS",
    "OPENVINO, 8, 8, ASYMMETRIC, LAYERS",
    "GENERIC_INT8, 4, 8, ASYMMETRIC, LAYERS",
    "WEIGHT_ONLY, 4, 0, ASYMMETRIC, LAYERS"
  })
  void theTargetDecidesWhatIsNotSet(
      Target target, int weights, int activations, ActivationGrid grid, Quantize quantize) {
    Plan plan = plan(target).build();

    assertThat(plan.weightBits()).isEqualTo(weights);
    assertThat(plan.activationBits()).isEqualTo(activations);
    assertThat(plan.activationGrid()).isEqualTo(grid);
    assertThat(plan.quantize()).isEqualTo(quantize);
    assertThat(plan.layer("a").orElseThrow().bits()).isEqualTo(weights);
  }

  @ParameterizedTest
  @EnumSource(Target.class)
  void itsDefaultsFit(Target target) {
    assertThatCode(() -> require(plan(target).build())).doesNotThrowAnyException();
  }

  @Test
  void whatIsSetStays() {
    assertThat(plan(Target.QNN).weightBits(4).activationBits(16).build())
        .returns(4, Plan::weightBits)
        .returns(16, Plan::activationBits);
  }

  @Test
  void contradictionsNameBothAndSayWhatToDo() {
    assertThatThrownBy(() -> require(plan(Target.TENSORRT).weightBits(4).build()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "plan: weights = 4 for layer 'a' contradicts target = tensorrt, which takes 8: leave"
                + " weights out or change it, or choose another target");
    assertThatThrownBy(() -> require(plan(Target.WEIGHT_ONLY).activationBits(8).build()))
        .hasMessageContaining("activations = 8 for layer 'a' contradicts target = weight-only")
        .hasMessageContaining("takes float");
    assertThatThrownBy(
            () -> require(plan(Target.QNN).override(TensorOverride.of("t").bits(4)).build()))
        .hasMessageContaining("activations = 4 for tensor 't' contradicts target = qnn");
    assertThatThrownBy(() -> require(plan(Target.QNN).quantize(Quantize.LAYERS).build()))
        .hasMessageContaining("quantize = layers contradicts target = qnn, which takes all");
    assertThatThrownBy(
            () ->
                require(
                    plan(Target.OPENVINO)
                        .override(LayerOverride.of("b").granularity(Granularity.block(32)))
                        .build()))
        .hasMessageContaining("granularity = block:32 for layer 'b' contradicts target = openvino");
    assertThatThrownBy(() -> require(plan(Target.QNN).weightGrid(WeightGrid.ASYMMETRIC).build()))
        .hasMessageContaining("weight-grid = asymmetric for layer 'a' contradicts target = qnn");
    assertThatThrownBy(
            () -> require(plan(Target.TENSORRT).activationGrid(ActivationGrid.SYMMETRIC).build()))
        .hasMessageContaining("activation-grid = symmetric for layer 'a'");
    assertThatThrownBy(() -> require(plan(Target.QNN).weightBits(7).build()))
        .hasMessageContaining("takes 8 or 4");
  }

  @Test
  void allActivationsMustHaveBits() {
    assertThatThrownBy(
            () ->
                require(Plan.DEFAULT.toBuilder().quantize(Quantize.ALL).activationBits(0).build()))
        .hasMessageContaining(
            "quantize = all needs integers of known ranges, but activations = float");
  }
}
