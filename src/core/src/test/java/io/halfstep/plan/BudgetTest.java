package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
  @ParameterizedTest
  @CsvSource({
    "bits=3.50,BITS,3.5",
    "size=100k,SIZE,102400",
    "bops=2.5e9,BOPS,2500000000",
    "table=a:b/cost.csv:2.5,TABLE,2.5",
    "bits,BITS,",
    "table=cost.csv,TABLE,"
  })
  void reads(String text, Budget.Cost cost, BigDecimal limit) {
    Budget budget = Budget.parse(text);

    assertThat(budget.cost()).isEqualTo(cost);
    assertThat(budget.limit())
        .usingComparator(Comparator.nullsFirst(BigDecimal::compareTo))
        .isEqualTo(limit);
    assertThat(Budget.parse(budget.toString())).isEqualTo(budget);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3",
        "bits=",
        "table",
        "table=",
        "table=:3",
        "table=cost.csv:x",
        "table=cost.csv:0",
        "table=cost.csv:1e13",
        "bits=x",
        "bits=1.9",
        "bits=8.1",
        "size=0",
        "size=-1",
        "bops=0",
        "bops=-1",
        "bops=1e30",
        "bops=1e999999999",
        "time=3"
      })
  void refuses(String text) {
    assertThatThrownBy(() -> Budget.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected");
  }

  @Test
  void bitsTakeThePlaceOfABudget() {
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .budget(Budget.bits(3))
            .override(LayerOverride.of("a*").weightBits(8))
            .override(LayerOverride.of("b").activationBits(4))
            .build();

    assertThat(plan.fixesBits("a1")).isTrue();
    assertThat(plan.fixesBits("b")).isFalse();
    assertThat(plan.fixesActivationBits("b")).isTrue();
    assertThat(plan.fixesActivationBits("a1")).isFalse();
    Plan decided =
        plan.decided(
            List.of(LayerOverride.of("a1").weightBits(8), LayerOverride.of("b").weightBits(5)));
    assertThat(decided.budget()).isNull();
    assertThat(decided.layer("a1").orElseThrow().bits()).isEqualTo(8);
    assertThat(decided.layer("b").orElseThrow().bits()).isEqualTo(5);
    assertThat(decided.layer("b").orElseThrow().activationBits()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({"1dB,DECIBELS,1", "0.50 db,DECIBELS,0.5", "0.5%,PERCENT,0.5", "0%,PERCENT,0"})
  void readsWhatMayBeLost(String text, Drop.Unit unit, BigDecimal amount) {
    Drop drop = Drop.parse(text);

    assertThat(drop.unit()).isEqualTo(unit);
    assertThat(drop.amount()).isEqualByComparingTo(amount);
    assertThat(Drop.parse(drop.toString())).isEqualTo(drop);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "dB", "-1dB", "101%", "1e3%", "1 bit"})
  void refusesWhatCanNotBeLost(String text) {
    assertThatThrownBy(() -> Drop.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected decibels or percent");
  }

  @Test
  void eitherTheCostOrTheLossIsLimited() {
    List<String> layers = List.of("a");
    Plan unlimited = Plan.DEFAULT.toBuilder().budget(Budget.parse("size")).build();
    Plan lossy = unlimited.toBuilder().maxDrop(Drop.parse("1dB")).build();
    Plan both = lossy.toBuilder().budget(Budget.bits(3)).build();

    lossy.requireLayers("m", layers);
    assertThat(lossy.budget()).isEqualTo(Budget.parse("size"));
    assertThat(lossy.toBuilder().budget(null).build().budget()).isEqualTo(Budget.parse("bits"));
    assertThatThrownBy(() -> unlimited.requireLayers("m", layers))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("budget = size has no limit");
    assertThatThrownBy(() -> both.requireLayers("m", layers))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("budget = bits=3 limits the cost, and max-drop = 1dB the loss");
  }
}
