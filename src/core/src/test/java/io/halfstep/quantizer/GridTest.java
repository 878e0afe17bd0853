package io.halfstep.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class GridTest {
  @Test
  void hasTheEndsOfTheSpecification() {
    assertThat(Grid.signed(4)).isEqualTo(new Grid(4, -8, 7));
    assertThat(Grid.restricted(4)).isEqualTo(new Grid(4, -7, 7));
    assertThat(Grid.unsigned(4)).isEqualTo(new Grid(4, 0, 15));
    assertThat(Grid.signed(2)).isEqualTo(new Grid(2, -2, 1));
    assertThat(Grid.unsigned(16)).isEqualTo(new Grid(16, 0, 65535));
    assertThat(Grid.signed(16).steps()).isEqualTo(65535);
    assertThat(Grid.signed(2).isSigned()).isTrue();
    assertThat(Grid.unsigned(2).isSigned()).isFalse();
  }

  @Test
  void clampsToItsEnds() {
    assertThat(Grid.signed(3).clamp(-5)).isEqualTo(-4);
    assertThat(Grid.signed(3).clamp(-1)).isEqualTo(-1);
    assertThat(Grid.signed(3).clamp(4)).isEqualTo(3);
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatIllegalArgumentException().isThrownBy(() -> Grid.signed(1));
    assertThatIllegalArgumentException().isThrownBy(() -> Grid.unsigned(17));
    assertThatIllegalArgumentException().isThrownBy(() -> new Grid(4, -8, 8));
    assertThatIllegalArgumentException().isThrownBy(() -> new Grid(4, 1, 8));
    assertThatIllegalArgumentException().isThrownBy(() -> new Grid(4, -8, 0));
  }
}
