package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.rounding.RoundingMethod;
import java.util.List;
import org.junit.jupiter.api.Test;

class LevelRulesTest {
  private static PlanBuilder plan(String levels) {
    return Plan.DEFAULT.toBuilder().weightLevels(WeightLevels.parse(levels));
  }

  private static void require(PlanBuilder plan) {
    plan.build().requireLayers("net.onnx", List.of("a", "b"));
  }

  private static void refuses(PlanBuilder plan, String message) {
    assertThatThrownBy(() -> require(plan))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("plan: " + message);
  }

  @Test
  void whatLevelsDecideIsRefused() {
    refuses(
        plan("ternary").weightBits(4),
        "weights = 4 contradicts weight-levels = ternary, which decides that itself");
    refuses(
        plan("codebook").weightGrid(WeightGrid.ASYMMETRIC),
        "weight-grid = asymmetric contradicts weight-levels = codebook");
    refuses(
        Plan.DEFAULT.toBuilder()
            .override(
                LayerOverride.of("a")
                    .weightBits(3)
                    .with(PlanSettings.WEIGHT_LEVELS, WeightLevels.parse("binary:2"))),
        "weights = 3 for layer 'a' contradicts weight-levels = binary:2");
  }

  @Test
  void whatLevelsCannotHaveIsRefused() {
    refuses(plan("binary").keepZeros(true), "keep-zeros = true for layer 'a' contradicts");
    refuses(plan("codebook").budget(Budget.bits(3)), "budget = bits=3 for layer 'a'");
    refuses(plan("codebook").granularity(Granularity.block(32)), "granularity = block:32");
    refuses(
        plan("codebook").rounding(RoundingMethod.ADAROUND),
        "rounding = adaround for layer 'a' contradicts weight-levels = codebook, which takes"
            + " lattice, exact or nearest");
    refuses(plan("ternary").target(Target.QNN), "target = qnn");
  }

  @Test
  void aLayerMayHaveOtherLevels() {
    PlanBuilder plan =
        Plan.DEFAULT.toBuilder()
            .weightBits(8)
            .weightGrid(WeightGrid.SYMMETRIC)
            .override(
                LayerOverride.of("a")
                    .with(PlanSettings.WEIGHT_LEVELS, WeightLevels.parse("ternary")));
    assertThatCode(() -> require(plan)).doesNotThrowAnyException();
    LayerPlan a = plan.build().layer("a").orElseThrow();
    assertThat(a.bits()).isEqualTo(2);
    assertThat(a.learnsScales()).isTrue();
    assertThat(plan.build().layer("b").orElseThrow().levels()).isEqualTo(WeightLevels.UNIFORM);
  }

  @Test
  void allFitTheDefaults() {
    for (String levels : List.of("power-of-two", "codebook", "ternary", "binary:3", "product:8")) {
      assertThatCode(() -> require(plan(levels))).doesNotThrowAnyException();
      assertThatCode(() -> require(plan(levels).target(Target.ONNXRUNTIME_CPU_AVX2)))
          .doesNotThrowAnyException();
    }
  }
}
