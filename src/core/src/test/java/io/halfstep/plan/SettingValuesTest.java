package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.Granularity;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettingValuesTest {
  @Test
  void whatIsSaidWins() {
    DataSettings all = DataSettings.NONE.withFiles(List.of("a", "b")).withSamples(3).withBatch(4);
    DataSettings some = DataSettings.NONE.withFiles(List.of("c")).withSamples(30);

    assertThat(DataSettings.NONE.over(all)).isEqualTo(all);
    assertThat(all.over(DataSettings.NONE)).isEqualTo(all);
    assertThat(some.over(all).files()).containsExactly("c");
    assertThat(some.over(all).samples()).isEqualTo(30);
    assertThat(some.over(all).batch()).isEqualTo(4);
  }

  @Test
  void aPartTakesItsOwnSettings() {
    SettingValues values =
        SettingValues.NONE.with(DataSettings.BATCH, 4).with(ResourceSettings.THREADS, 2);

    assertThat(new DataSettings(values)).isEqualTo(DataSettings.NONE.withBatch(4));
    assertThat(new ResourceSettings(values)).isEqualTo(ResourceSettings.NONE.withThreads(2));
  }

  @Test
  void refusesWhatIsOutOfBounds() {
    assertThatThrownBy(() -> DataSettings.NONE.withSamples(0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("samples: found 0, expected a whole number, at least 1");
    assertThatThrownBy(() -> DataSettings.NONE.withBatch(-2))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("batch: found -2, expected a whole number, at least 1");
    assertThatThrownBy(() -> ResourceSettings.NONE.withMemory(0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("memory: found 0, expected a number of bytes");
    Granularity single = new Granularity(Granularity.Unit.BLOCK, 1);
    assertThatThrownBy(() -> Plan.DEFAULT.toBuilder().granularity(single))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("granularity: found block:1, expected tensor, channel or");
  }

  @Test
  void aPlanHasItsOwnSettingsOnly() {
    assertThatThrownBy(() -> Plan.DEFAULT.toBuilder().set(DataSettings.BATCH, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch is not a setting of a plan");
    assertThatThrownBy(() -> LayerOverride.of("fc").with(PlanSettings.SEED, 4L))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layers can't differ in seed");
  }
}
