package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import io.halfstep.ranges.Kl;
import io.halfstep.ranges.Lp;
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
    LayerPlan any = Plan.DEFAULT.layer("any").orElseThrow();

    assertThat(any.bits()).isEqualTo(4);
    assertThat(any.granularity()).isEqualTo(Granularity.CHANNEL);
    assertThat(any.weightGrid()).isEqualTo(Grid.signed(4));
    assertThat(any.ranges()).isEqualTo(new RangeMethod.Mse());
    assertThat(any.rounding()).isEqualTo(RoundingMethod.LATTICE);
    assertThat(any.effort()).isEqualTo(Effort.NORMAL);
    assertThat(any.reach()).isEqualTo(Reach.GRID);
    assertThat(any.learnsScales()).isFalse();
  }

  @Test
  void laterOverridesWin() {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .override(
                LayerOverride.of("conv*").weightBits(8).rounding(RoundingMethod.NEAREST).skip(true))
            .override(
                LayerOverride.of("conv2")
                    .weightBits(3)
                    .granularity(Granularity.TENSOR)
                    .reach(Reach.FLOOR_CEIL)
                    .skip(false))
            .build();

    assertThat(plan.layer("conv1")).isEmpty();
    LayerPlan second = plan.layer("conv2").orElseThrow();
    assertThat(second.bits()).isEqualTo(3);
    assertThat(second.granularity()).isEqualTo(Granularity.TENSOR);
    assertThat(second.rounding()).isEqualTo(RoundingMethod.NEAREST);
    assertThat(second.reach()).isEqualTo(Reach.FLOOR_CEIL);
    assertThat(second.effort()).isEqualTo(Effort.NORMAL);
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
            .override(LayerOverride.of("a").weightBits(2))
            .override(LayerOverride.of("b").weightGrid(WeightGrid.ASYMMETRIC))
            .build();

    assertThat(two.layer("a").orElseThrow().weightGrid()).isEqualTo(Grid.unsigned(2));
    assertThat(symmetric.layer("a").orElseThrow().weightGrid()).isEqualTo(Grid.signed(2));
    assertThat(mixed.layer("a").orElseThrow().weightGrid()).isEqualTo(Grid.unsigned(2));
    assertThat(mixed.layer("b").orElseThrow().weightGrid()).isEqualTo(Grid.unsigned(4));
    assertThat(mixed.layer("c").orElseThrow().weightGrid()).isEqualTo(Grid.signed(4));
  }

  @Test
  void theRestrictedRangeIsAsWideOnBothSides() {
    Plan plan = Plan.DEFAULT.toBuilder().weightGrid(WeightGrid.RESTRICTED).build();

    assertThat(plan.layer("a").orElseThrow().weightGrid()).isEqualTo(Grid.restricted(4));
  }

  @Test
  void layersMayHaveOtherRanges() {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .override(
                LayerOverride.of("a")
                    .weightRanges(new Lp(3))
                    .activationRanges(new Kl())
                    .activationGrid(ActivationGrid.SYMMETRIC))
            .build();

    LayerPlan a = plan.layer("a").orElseThrow();
    assertThat(a.ranges()).isEqualTo(new Lp(3));
    assertThat(a.activationRanges()).isEqualTo(new Kl());
    assertThat(a.symmetricInput()).isTrue();
    assertThat(plan.layer("b")).isEqualTo(Plan.DEFAULT.layer("b"));
  }

  @Test
  void tellsWhichPatternsMatchNothing() {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .override(LayerOverride.of("/stem/*").weightBits(8))
            .override(LayerOverride.of("/blocks.9/*").weightBits(8))
            .override(LayerOverride.of("fc").weightBits(8))
            .build();

    assertThat(plan.unmatched(List.of("/stem/Conv", "/blocks.0/conv1/Conv", "fc")))
        .containsExactly("/blocks.9/*");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 9, 16})
  void refusesWeightBitsOutOfRange(int bits) {
    assertThatThrownBy(() -> Plan.DEFAULT.toBuilder().weightBits(bits).build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("weights: found " + bits + ", expected a whole number from 2 to 8");
    assertThatThrownBy(() -> LayerOverride.of("fc").weightBits(bits))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("layer 'fc': bits: found " + bits + ", expected a whole number from 2 to 8");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1, 9, 15, 17, 32})
  void refusesActivationBitsOutOfRange(int bits) {
    assertThatThrownBy(() -> Plan.DEFAULT.toBuilder().activationBits(bits).build())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("activations: found " + bits);
  }

  @ParameterizedTest
  @ValueSource(ints = {Target.DYNAMIC, 0, 2, 8, 16})
  void takesActivationBitsInRange(int bits) {
    assertThat(Plan.DEFAULT.toBuilder().activationBits(bits).build().activationBits())
        .isEqualTo(bits);
  }
}
