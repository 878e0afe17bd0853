package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import java.math.BigDecimal;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
  @ParameterizedTest
  @CsvSource({"bits=3.50,BITS,3.5", "size=100k,SIZE,102400", "bops=2.5e9,BOPS,2500000000"})
  void reads(String text, Budget.Cost cost, BigDecimal limit) {
    Budget budget = Budget.parse(text);

    assertThat(budget.cost()).isEqualTo(cost);
    assertThat(budget.limit()).isEqualByComparingTo(limit);
    assertThat(Budget.parse(budget.toString())).isEqualTo(budget);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3",
        "bits",
        "bits=",
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
    Plan decided = plan.withBits(Map.of("a1", 8, "b", 5));
    assertThat(decided.budget()).isNull();
    assertThat(decided.layer("a1").orElseThrow().bits()).isEqualTo(8);
    assertThat(decided.layer("b").orElseThrow().bits()).isEqualTo(5);
    assertThat(decided.layer("b").orElseThrow().activationBits()).isEqualTo(4);
  }
}
