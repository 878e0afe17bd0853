package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Granularity;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanTest {
  @Test
  void everyLayerFollowsThePlan() {
    assertThat(Plan.DEFAULT.layer("any"))
        .contains(
            new LayerPlan(
                4,
                Granularity.CHANNEL,
                true,
                new RangeMethod.Mse(),
                RoundingMethod.LATTICE,
                Effort.NORMAL,
                Reach.GRID,
                false));
  }

  @Test
  void laterOverridesWin() {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .override(new LayerOverride("conv*", 8, RoundingMethod.NEAREST, null, null, null, true))
            .override(
                new LayerOverride(
                    "conv2", 3, null, Granularity.TENSOR, null, Reach.FLOOR_CEIL, false))
            .build();

    assertThat(plan.layer("conv1")).isEmpty();
    assertThat(plan.layer("conv2"))
        .contains(
            new LayerPlan(
                3,
                Granularity.TENSOR,
                true,
                new RangeMethod.Mse(),
                RoundingMethod.NEAREST,
                Effort.NORMAL,
                Reach.FLOOR_CEIL,
                false));
    assertThat(plan.layer("fc")).isEqualTo(Plan.DEFAULT.layer("fc"));
  }

  @Test
  void scalesAreLearnedAtTwoBitsUnlessSaidOtherwise() {
    Plan two = Plan.DEFAULT.toBuilder().weightBits(2).build();
    Plan kept = two.toBuilder().weightScales(Plan.WeightScales.KEPT).build();
    Plan learned = Plan.DEFAULT.toBuilder().weightScales(Plan.WeightScales.LEARNED).build();

    assertThat(two.layer("a").orElseThrow().learnsScales()).isTrue();
    assertThat(Plan.DEFAULT.layer("a").orElseThrow().learnsScales()).isFalse();
    assertThat(kept.layer("a").orElseThrow().learnsScales()).isFalse();
    assertThat(learned.layer("a").orElseThrow().learnsScales()).isTrue();
  }

  @Test
  void twoBitsAreAsymmetricUnlessSaidOtherwise() {
    Plan two = Plan.DEFAULT.toBuilder().weightBits(2).build();
    Plan symmetric = two.toBuilder().weightGrid(WeightGrid.SYMMETRIC).build();
    Plan mixed =
        Plan.DEFAULT.toBuilder()
            .override(new LayerOverride("a", 2, null, null, null, null, null))
            .override(new LayerOverride("b", null, null, null, WeightGrid.ASYMMETRIC, null, null))
            .build();

    assertThat(two.layer("a").orElseThrow().symmetric()).isFalse();
    assertThat(symmetric.layer("a").orElseThrow().symmetric()).isTrue();
    assertThat(mixed.layer("a").orElseThrow().symmetric()).isFalse();
    assertThat(mixed.layer("b").orElseThrow().symmetric()).isFalse();
    assertThat(mixed.layer("c").orElseThrow().symmetric()).isTrue();
  }

  @Test
  void tellsWhichPatternsMatchNothing() {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .override(new LayerOverride("/stem/*", 8, null, null, null, null, null))
            .override(new LayerOverride("/blocks.9/*", 8, null, null, null, null, null))
            .override(new LayerOverride("fc", 8, null, null, null, null, null))
            .build();

    assertThat(plan.unmatched(List.of("/stem/Conv", "/blocks.0/conv1/Conv", "fc")))
        .containsExactly("/blocks.9/*");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 9, 16})
  void refusesWeightBitsOutOfRange(int bits) {
    assertThatThrownBy(() -> Plan.DEFAULT.toBuilder().weightBits(bits).build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("weights: found " + bits + " bits, expected 2 to 8");
    assertThatThrownBy(() -> new LayerOverride("fc", bits, null, null, null, null, null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("layer 'fc': found " + bits + " bits, expected 2 to 8");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1, 9, 15, 17, 32})
  void refusesActivationBitsOutOfRange(int bits) {
    assertThatThrownBy(() -> Plan.DEFAULT.toBuilder().activationBits(bits).build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("activations: found " + bits);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 8, 16})
  void takesActivationBitsInRange(int bits) {
    assertThat(Plan.DEFAULT.toBuilder().activationBits(bits).build().activationBits())
        .isEqualTo(bits);
  }
}
