package io.halfstep.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.protocol.Activation;
import io.halfstep.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FiniteRowsTest {
  private static final float MOST = Float.MAX_VALUE;

  private static Tensor tensor(float... values) {
    return Tensor.of(values, values.length / 2, 2);
  }

  @Test
  void whatIsFiniteIsNotCopied() {
    Activation x = new Activation(tensor(1, MOST, -MOST, 0), tensor(MOST, MOST, 3, 4));
    assertThat(FiniteRows.of(x, 2)).isSameAs(x);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aRowGoesFromBothNetworks(float poison) {
    Activation x = new Activation(tensor(1, 2, 3, 4, 5, 6), tensor(1, 2, 3, poison, 5, 6));
    Activation left = FiniteRows.of(x, 3);
    assertThat(left.teacher().shape()).containsExactly(2, 2);
    assertThat(left.teacher().floats()).containsExactly(1, 2, 5, 6);
    assertThat(left.student().floats()).containsExactly(1, 2, 5, 6);
  }

  @Test
  void whatIsSharedStaysShared() {
    Activation left = FiniteRows.of(Activation.shared(tensor(Float.NaN, 1, 2, 3)), 2);
    assertThat(left.isShared()).isTrue();
    assertThat(left.teacher().floats()).containsExactly(2, 3);
  }

  @Test
  void nothingMayBeLeft() {
    assertThat(FiniteRows.of(Activation.shared(tensor(Float.NaN, 1, 2, 3)), 1)).isNull();
    assertThat(FiniteRows.of(Activation.shared(tensor(Float.NaN, 1, Float.NaN, 3)), 2)).isNull();
  }
}
